/** Whether there is a microphone that the page may use. */

import * as Devices from "./devices.js";
import * as store from "./store.js";

export async function watchMicrophone() {
  if (!navigator.mediaDevices) {
    store.microphone.value = "insecure";
    return;
  }
  navigator.mediaDevices.addEventListener("devicechange", look);
  const permission = await query();
  permission?.addEventListener("change", look);
  await look();
}

async function look() {
  const [permission, devices] = await Promise.all([query(), navigator.mediaDevices.enumerateDevices()]);
  const present = devices.some(({ kind }) => kind === "audioinput");
  Devices.hear(devices);
  store.microphone.value = permission?.state === "denied" ? "denied" : present ? "" : "absent";
}

/** @returns {Promise<PermissionStatus | null>} null where the browser knows no such permission */
async function query() {
  try {
    return await navigator.permissions.query({ name: /** @type {PermissionName} */ ("microphone") });
  } catch {
    return null;
  }
}
