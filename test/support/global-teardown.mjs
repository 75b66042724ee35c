/** Stops what global-setup.mjs has started. */
export default async function tearDown() {
  await globalThis.stopTestServer();
}
