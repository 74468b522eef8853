// What has the keyboard focus, and whether one sees it.
(() => {
  let first = null, last = null;
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${element.className} ${(element.ariaLabel ?? element.name ?? "") || element.textContent.trim().slice(0, 30)}`;
  const hasRing = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  };
  // Where two meet, the bars at the edges lie above: of a control a part has to be seen (WCAG 2.2, 2.4.11). A small
  // one may be shown by the label around it.
  const isUncovered = (element) => {
    const box = element.getClientRects()[0];
    if (!box) return false;
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    return [(top + bottom) / 2, top + 8, bottom - 8].some((y) => {
      const above = document.elementFromPoint(x, y);
      return above && (element.contains(above) || (element.labels?.[0]?.contains(above) ?? false));
    });
  };
  window.keyboard = {
    // Return [name, problems] of the focused element, null when the focus has left the page.
    look: () => {
      const element = document.activeElement;
      if (!element || element === document.body || element === document.documentElement) return null;
      if (element === first && last !== first) return null; // without a window around it, the page begins again
      first ??= element;
      const problems = [];
      if (!hasRing(element)) problems.push("has no ring");
      if (!isUncovered(element)) problems.push("is covered");
      if (element.tabIndex > 0) problems.push("has its own place in the order");
      const follows = last && last.isConnected ? last.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING : true;
      if (!follows && element !== last) problems.push("does not follow");
      last = element;
      return [name(element), problems];
    },
    start: () => {
      first = last = null;
      document.body.tabIndex = -1; // so that the first Tab starts at the top, also after an autofocus
      document.body.focus();
      document.body.removeAttribute("tabindex");
      scrollTo(0, 0);
    },
  };
})();
