/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The last alarm that this tab was told of: the next page begins there, so that nothing falls between two pages.

const KEY = "anpr-last-alarm";

export const lastAlarm = () => Number(sessionStorage.getItem(KEY) || 0);

/** Notes an alarm's id; ids that go back are those of changes of older alarms. */
export function noteAlarm(id) {
  if (id > lastAlarm()) sessionStorage.setItem(KEY, String(id));
}
