/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The menu scrolls sideways where it does not fit: it begins at the present page.
"use strict";

const menu = document.querySelector(".menu");
const present = menu && menu.querySelector("[aria-current]");
if (present) {
  const [all, one] = [menu.getBoundingClientRect(), present.getBoundingClientRect()];
  menu.scrollLeft += one.left + one.width / 2 - (all.left + all.width / 2);
}
