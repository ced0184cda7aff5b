"""What a camera makes of a scene: perspective, blur, vignetting, noise, sharpening, tint, JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic.noise import Picture, Plane, Rng, blurred, grid, log_uniform, smooth
from hairline.data.synthetic.options import Camera


def tilted(rng: Rng, picture: Picture, planes: list[Plane]) -> tuple[Picture, list[Plane]]:
    """A picture and planes seen at an angle: a quadrangle inside them fills the image."""
    height, width = picture.shape[:2]
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    inward = rng.uniform(0, 0.22, (4, 2)).astype(np.float32)
    seen = np.abs(frame - inward) * np.array([width, height], np.float32)
    matrix = cv2.getPerspectiveTransform(seen, frame * np.array([width, height], np.float32))
    size, border = (width, height), cv2.BORDER_REFLECT_101
    return (
        np.asarray(cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)),
        [
            np.asarray(cv2.warpPerspective(each, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border))
            for each in planes
        ],
    )


def photograph(rng: Rng, picture: Picture, width_px: float, options: Camera) -> NDArray[np.uint8]:
    """A photo, RGB uint8, of a scene whose cracks have a width; blur leaves thin ones to be seen."""
    chances = rng.random(7)
    focus, motion, lens, exposure, contours, sensor, coder = rng.spawn(7)
    photo = picture
    if chances[0] < options.defocus:
        photo = blurred(photo, log_uniform(focus, 0.3, min(0.8 + 0.12 * width_px, 3)))
    if chances[1] < options.motion:
        photo = _moved(motion, photo, motion.uniform(2, min(3 + 0.5 * width_px, 10)))
    if chances[2] < options.vignetting:
        x, y = grid(photo.shape[:2])
        far = (x * x + y * y) / np.float32(max(photo.shape) ** 2 / 2)
        photo = photo * (1 - np.float32(lens.uniform(0.1, 0.55)) * far)[..., None].astype(np.float32)
    photo = _exposed(exposure, photo, chances[3] < options.tint)
    if chances[4] < options.sharpening:
        photo = photo + contours.uniform(0.2, 1.3) * (photo - blurred(photo, contours.uniform(0.7, 1.6)))
    if chances[5] < options.noise:
        photo = _noisy(sensor, photo)
    coded = np.rint(np.clip(photo, 0, 1) * 255).astype(np.uint8)
    return _compressed(coder, coded) if chances[6] < options.jpeg else coded


def _exposed(rng: Rng, photo: Picture, tint: bool) -> Picture:
    """Contrast, brightness and colour balance; never so that most of it is black or white."""
    mean = float(photo.mean())
    target = float(np.clip((0.5 * mean + 0.27) * np.exp(rng.normal(0, 0.18)), 0.22, 0.8))
    photo = target + (photo - mean) * np.float32(rng.uniform(0.65, 1.3) * (target / max(mean, 0.05)) ** 0.5)
    if tint:
        photo = photo * (1 + rng.normal(0, 0.025, 3)).astype(np.float32)
        photo = photo * (1 + rng.uniform(0, 0.018) * smooth(rng, photo.shape[:2], rng.uniform(15, 120), 3))
    return np.asarray(photo, np.float32)


def _noisy(rng: Rng, photo: Picture) -> Picture:
    """Noise of the sensor, the same in all channels or not, fine or as coarse as in enlarged photos."""
    deviation = log_uniform(rng, 0.002, 0.03)
    if rng.random() < 0.5:
        noise = rng.standard_normal(photo.shape[:2], np.float32)[..., None]
    else:
        noise = rng.standard_normal(photo.shape, np.float32)
    if rng.random() < 0.3:
        noise = (blurred(noise, 0.8) * np.float32(2.5)).reshape(*photo.shape[:2], -1)
    return np.asarray(photo + np.float32(deviation) * noise)


def _moved(rng: Rng, photo: Picture, length_px: float) -> Picture:
    """Motion blur along a line."""
    side = 2 * int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    middle, angle = side // 2, rng.uniform(0, np.pi)
    arm = np.array([np.cos(angle), np.sin(angle)]) * length_px / 2
    one, other = (tuple(np.rint((middle + sign * arm) * 16).astype(int).tolist()) for sign in (-1, 1))
    cv2.line(kernel, one, other, 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(cv2.filter2D(photo, cv2.CV_32F, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT))


def _compressed(rng: Rng, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    quality = int(rng.integers(35, 97))
    _, code = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
