"""Labels by click: which patches to show, the clicks on disk, and the page on which somebody clicks."""
