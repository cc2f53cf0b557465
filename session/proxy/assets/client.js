// Joins a page to hotdev: loads it again when a new version serves, changes
// style sheets in place, and shows build errors and panics over the page. It
// adds nothing to the page's own elements but one host of a shadow tree.
(() => {
  "use strict";
  const seen = new URL(document.currentScript.src).searchParams;
  let styles = Number(seen.get("styles"));
  let host = null;

  const make = (name, text, attributes = {}) => {
    const e = document.createElement(name);
    if (text) e.textContent = text;
    for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
    return e;
  };

  const reloadStyles = () => {
    for (const link of document.querySelectorAll('link[rel~="stylesheet"][href]')) {
      const url = new URL(link.href);
      if (url.origin !== location.origin) continue;
      url.searchParams.set("hotdev", styles);
      const next = link.cloneNode();
      next.href = url.href;
      next.addEventListener("load", () => link.remove(), { once: true });
      next.addEventListener("error", () => next.remove(), { once: true });
      link.after(next);
    }
  };

  const open = (place) => fetch("/__hotdev/open", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(place),
  }).then((answer) => {
    if (!answer.ok) location.href = `vscode://file${encodeURI(place.file)}:${place.line || 1}:${place.col || 1}`;
  });

  // The style sheet is constructed: a page's policy does not concern it.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
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

  const show = (problem) => {
    host?.remove();
    host = null;
    if (!problem) return;
    host = make("hotdev-overlay");
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const back = make("div", "", { class: "back", role: "alert" });
    const close = make("button", "hide", { class: "close" });
    close.addEventListener("click", () => host?.remove());
    const list = make("ul");
    for (const place of problem.places) {
      const item = make("li");
      const at = [place.name, place.line, place.col].filter(Boolean).join(":");
      const link = make("button", at);
      link.addEventListener("click", () => open(place));
      item.append(link, make("div", place.message));
      list.append(item);
    }
    back.append(close, make("h1", problem.title), list);
    if (problem.details) back.append(make("pre", problem.details));
    root.append(back);
    document.documentElement.append(host);
  };

  let shown = "null";
  new EventSource("/__hotdev/events").addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    if (state.run !== seen.get("run") || state.pages !== Number(seen.get("pages"))) {
      location.reload();
      return;
    }
    if (state.styles !== styles) {
      styles = state.styles;
      reloadStyles();
    }
    const problem = JSON.stringify(state.problem);
    if (problem !== shown) {
      shown = problem;
      show(state.problem);
    }
  });
})();
