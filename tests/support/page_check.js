// SPDX-License-Identifier: GPL-3.0-or-later
// Put into a copy of a page: finds out what its texts look like and writes it into the document, for --dump-dom.
// Each text is compared with the nearest ground behind it (WCAG 2.1, 1.4.3); the lowest contrast is told, and texts below
// 4.5. Also headings that skip a level, and what is wider than the window without a box that scrolls.
"use strict";
function channel(value) {
	const v = value / 255;
	return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}
function parse(text) {
	const m = text.match(/[\d.]+/g).map(Number);
	return { rgb: m.slice(0, 3), alpha: m.length > 3 ? m[3] : 1 };
}
function luminance(rgb) {
	return 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
}
function contrast(a, b) {
	const x = luminance(a), y = luminance(b);
	return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
function ground(element) {
	for (let e = element; e; e = e.parentElement) {
		const color = parse(getComputedStyle(e).backgroundColor);
		if (color.alpha === 1)
			return color.rgb;
		if (color.alpha > 0)
			return null; // see-through grounds are not used
	}
	return [255, 255, 255];
}
function check() {
	const low = [];
	let least = 99, n = 0;
	for (const d of document.querySelectorAll("details"))
		d.open = true;
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; (node = walker.nextNode());) {
		const e = node.parentElement, style = getComputedStyle(e);
		if (!node.data.trim() || e.closest("title, script, style") || style.visibility === "hidden")
			continue;
		const box = ground(e), svg = e.closest("svg");
		const value = box ? contrast(parse(svg ? style.fill : style.color).rgb, box) : 0;
		n++;
		least = Math.min(least, value);
		if (value < 4.5)
			low.push(e.tagName + "." + (e.getAttribute("class") || "") + " " + value.toFixed(2) + " " + node.data.trim().slice(0, 30));
	}
	const skipped = [];
	let level = 0;
	for (const h of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
		const now = Number(h.tagName[1]);
		if (now > level + 1)
			skipped.push(h.textContent);
		level = now;
	}
	const wide = [...document.body.querySelectorAll("*")].filter(e => !e.closest(".scroll") &&
		e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.tagName + "." + e.className);
	const tabs = [...document.querySelectorAll(".scroll")].filter(e => e.tabIndex !== 0).length;
	const out = document.createElement("pre");
	out.id = "page-check";
	out.textContent = JSON.stringify({ n, least: Math.round(least * 100) / 100, low, skipped, wide: wide.slice(0, 5), tabs,
		dark: matchMedia("(prefers-color-scheme: dark)").matches });
	document.body.append(out);
}
check();
