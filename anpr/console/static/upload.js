/* SPDX-License-Identifier: AGPL-3.0-or-later */
// A file that is too large is told before it is sent: a browser that is cut off while it sends shows no answer.
for (const field of document.querySelectorAll('input[type="file"][data-most]')) {
  field.addEventListener("change", () => {
    const isTooLarge = [...field.files].some((file) => file.size > Number(field.dataset.most));
    field.setCustomValidity(isTooLarge ? field.dataset.tooLarge : "");
    field.reportValidity();
  });
}
