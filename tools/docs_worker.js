// The search of a page that was opened from a disk: browsers refuse workers there, so a hidden frame does their work.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = "<!doctype html>";
      this.frame.onload = () => this.start(url);
      document.body.append(this.frame);
    }
    start(url) {
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => this.hand(this, structuredClone(data));
      const script = inside.document.createElement("script");
      script.src = url;
      script.onerror = (error) => this.onerror?.(error);
      script.onload = () => {
        const waiting = this.waiting;
        this.waiting = null;
        waiting.forEach((data) => this.postMessage(data));
      };
      inside.document.head.append(script);
    }
    postMessage(data) {
      if (this.waiting) this.waiting.push(data);
      else this.hand(this.frame.contentWindow, structuredClone(data));
    }
    hand(receiver, data) {
      // Later, as messages come: none arrives while the one before is still at work.
      setTimeout(() => receiver.onmessage?.(new MessageEvent("message", { data })));
    }
    terminate() {
      this.frame.remove();
    }
  };
}
