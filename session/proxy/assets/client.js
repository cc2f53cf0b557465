// Joins a page to hotdev: loads it again when a new version serves, changes
// style sheets in place, and shows build errors and panics over the page. It
// adds nothing to the page's own elements but one host of a shadow tree.
(() => {
  "use strict";
  const { searchParams: served } = new URL(document.currentScript.src);

  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // Style sheets: each gets a successor under a new address, and goes when that
  // has loaded, so that the page never stands without.
  const successors = new Map();

  const reloadStyles = (count) => {
    for (const link of document.querySelectorAll('link[rel~="stylesheet"][href]')) {
      const url = new URL(link.href);
      if (url.origin !== location.origin || !link.isConnected) continue;
      successors.get(link)?.remove(); // one that still loads: it is further on in this list
      const next = link.cloneNode();
      url.searchParams.set("hotdev", count);
      next.href = url.href;
      const settle = (goes) => () => {
        if (successors.get(link) !== next) return;
        successors.delete(link);
        goes.remove();
      };
      next.addEventListener("load", settle(link), { once: true });
      next.addEventListener("error", settle(next), { once: true });
      successors.set(link, next);
      link.after(next);
    }
  };

  // The overlay. Its style sheet is constructed: a page's policy does not
  // concern it.
  let sheet = null;
  let host = null;

  const styleSheet = () => {
    const s = new CSSStyleSheet();
    s.replaceSync(`
      .back { position: fixed; inset: 0; z-index: 2147483647; overflow: auto; background: #101418ee;
        color: #e8e8e8; font: 14px/1.5 ui-monospace, monospace; padding: 2rem; }
      h1 { color: #ff6b6b; font-size: 1.2rem; margin: 0 0 1rem; }
      button { all: unset; cursor: pointer; color: #7cc7ff; text-decoration: underline; }
      button:focus-visible { outline: 2px solid #7cc7ff; }
      .close { position: absolute; top: 1rem; right: 2rem; }
      li { margin: .6rem 0; list-style: none; white-space: pre-wrap; }
      ul { padding: 0; }
      pre { color: #b8b8b8; white-space: pre-wrap; }
    `);
    return s;
  };

  // Without an editor that follows hotdev, VS Code's own kind of address may
  // open one. A path of Windows has other slashes, and none in front.
  const editorURL = ({ file, line, col }) => {
    const path = /^[A-Za-z]:/.test(file) ? "/" + file.replaceAll("\\", "/") : file;
    return `vscode://file${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}:${line || 1}:${col || 1}`;
  };

  const open = async (place) => {
    const answer = await fetch("/__hotdev/open", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(place),
    });
    if (!answer.ok) location.href = editorURL(place);
  };

  const show = (problem) => {
    host?.remove();
    host = null;
    if (!problem) return;
    sheet ??= styleSheet();
    host = make("hotdev-overlay");
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const close = make("button", "hide", { class: "close" });
    close.addEventListener("click", () => host?.remove());
    const list = make("ul");
    for (const place of problem.places ?? []) {
      const item = make("li");
      const link = make("button", [place.name, place.line, place.col].filter(Boolean).join(":"));
      link.addEventListener("click", () => open(place));
      item.append(link, make("div", place.message));
      list.append(item);
    }
    const back = make("div", "", { class: "back", role: "alert" });
    back.append(close, make("h1", problem.title), list);
    if (problem.details) back.append(make("pre", problem.details));
    root.append(back);
    document.documentElement.append(host);
  };

  // The state, as the proxy tells it; see pageState in page.go.
  let styles = Number(served.get("styles"));
  let shown = "null";
  let events = null;

  const follow = (state) => {
    if (served.has("waiting") ? state.ready : state.run !== served.get("run") || state.pages !== Number(served.get("pages"))) {
      leave();
      location.reload();
      return;
    }
    if (state.styles !== styles && !served.has("waiting")) {
      styles = state.styles;
      reloadStyles(styles);
    }
    const problem = JSON.stringify(state.problem);
    if (problem !== shown) {
      shown = problem;
      show(state.problem);
    }
  };

  const join = () => {
    events ??= new EventSource("/__hotdev/events");
    events.onmessage = (event) => follow(JSON.parse(event.data));
  };

  const leave = () => {
    events?.close();
    events = null;
  };

  // A browser has six connections for all pages of an HTTP/1.1 site: a page that
  // nobody sees needs none. It catches up when it is seen again.
  const visible = () => (document.visibilityState === "hidden" ? leave() : join());
  document.addEventListener("visibilitychange", visible);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", visible);
  visible();
})();
