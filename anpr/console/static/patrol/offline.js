/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The shell without a link: how many answers wait, and the page again once the link is back.

import { waitingHere } from "./store.js";

const place = document.getElementById("waiting");
const count = await waitingHere();
if (count > 0) place.textContent = count === 1 ? place.dataset.one : place.dataset.many.replace("#", count);
window.addEventListener("online", () => location.reload());
