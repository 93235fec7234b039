// Loaded before the SDK, which says wss:// always: a sandbox on this machine has no certificate.
(() => {
  const { signalling } = document.documentElement.dataset;
  if (!signalling?.startsWith("ws://")) return;
  const secure = signalling.replace("ws://", "wss://");
  const Socket = WebSocket;
  globalThis.WebSocket = class extends Socket {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(String(url).startsWith(`${secure}/`) ? String(url).replace("wss://", "ws://") : url, protocols);
    }
  };
})();
