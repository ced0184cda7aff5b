from support.judged import score as score
