/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Pictures of transits. One may arrive after its transit: it is asked for once more, and not again and again, since a board of
// fifty alarms on ten screens would ask for what is not there all day long.

const RETRY_MS = 5000;
const NEW_MS = 1500;

/**
 * Puts off the pictures in a piece of a page that was just told: those of a transit that is a moment old are still on their
 * way, and asking for them at once is answered with 404.
 */
export function putOff(fragment) {
  for (const image of fragment.querySelectorAll("img[data-await]")) {
    const { src } = image;
    image.removeAttribute("src");
    window.setTimeout(() => (image.src = src), NEW_MS);
  }
}

function pictureFailed(image) {
  image.hidden = true;
  image.nextElementSibling.hidden = false;
  if ("tried" in image.dataset) tell(image, "broken");
  else window.setTimeout(() => retry(image), RETRY_MS);
  image.dataset.tried = "";
}

function tell(image, why) {
  const text = image.nextElementSibling;
  text.textContent = text.dataset[why];
  text.classList.toggle("is-lost", why !== "pending");
}

// The one retry. It is asked for by hand, since an image tells nothing of the answer it failed on; what is there now is shown.
async function retry(image) {
  if (!image.isConnected) return;
  image.loading = "eager"; // while it is hidden a lazy one would not be asked for
  try {
    const answer = await fetch(image.src);
    if (answer.ok) image.src = image.src;
    else tell(image, { 409: "other", 410: "gone" }[answer.status] ?? "pending");
  } catch {
    tell(image, "pending"); // the server is away, which the page says elsewhere
  }
}

function pictureThere(image) {
  image.hidden = false;
  image.nextElementSibling.hidden = true;
}

// Loading and failing do not bubble, hence the capture; those that settled before this script ran are looked at once.
document.addEventListener("error", (event) => event.target.matches?.("img[data-await]") && pictureFailed(event.target), true);
document.addEventListener("load", (event) => event.target.matches?.("img[data-await]") && pictureThere(event.target), true);
for (const image of document.querySelectorAll("img[data-await]")) {
  if (image.complete && image.naturalWidth === 0 && image.currentSrc) pictureFailed(image);
}
