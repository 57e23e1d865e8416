// SPDX-License-Identifier: GPL-2.0-or-later
// Unpacks plotly.js, draws the figures in the colours of the theme, and again when it changes.
'use strict';
(function () {
	const specs = JSON.parse(document.getElementById('specs').textContent);
	const dark = window.matchMedia('(prefers-color-scheme: dark)');
	const narrow = window.matchMedia('(max-width: 34rem)');

	// "$name" stands for the theme's colour of that name.
	function coloured(value, style) {
		if (typeof value === 'string' && value[0] === '$')
			return style.getPropertyValue('--' + value.slice(1)).trim() || value;
		if (Array.isArray(value))
			return value.map(item => coloured(item, style));
		if (value !== null && typeof value === 'object')
			return Object.fromEntries(Object.entries(value).map(
				([key, item]) => [key, coloured(item, style)]));
		return value;
	}

	// The legend goes below the axis and its name; on a phone its entries stand in a column.
	function room(spec) {
		const entries = spec.layout.showlegend ? spec.data.length : 0;
		return spec.layout.height + (narrow.matches ? 17 * entries : 0);
	}

	function settle(place, spec) {
		if (!spec.layout.showlegend)
			return null;
		const height = Math.max(60, place._fullLayout._size.h);
		const slider = (spec.layout.xaxis.rangeslider || {thickness: 0}).thickness;
		return Plotly.relayout(place, {'legend.y': Math.max(-2, -spec.below / height - slider)});
	}

	function draw(name) {
		const style = getComputedStyle(document.documentElement);
		const spec = coloured(specs[name], style);
		const place = document.getElementById(name);
		spec.layout.height = room(spec);
		place.style.height = spec.layout.height + 'px';
		spec.layout.font.family = getComputedStyle(document.body).fontFamily;
		spec.layout.font.size = narrow.matches ? 11 : 13;
		// A stretch that was chosen stays chosen when the colours change.
		if (spec.zoom && place.layout)
			spec.layout.xaxis.range = place.layout.xaxis.range.slice();
		return Plotly.react(place, spec.data, spec.layout, {
			responsive: true, displaylogo: false, displayModeBar: spec.zoom && !narrow.matches,
			modeBarButtonsToRemove: ['toImage', 'lasso2d', 'select2d', 'autoScale2d'],
			scrollZoom: false, doubleClick: 'reset',
		}).then(() => settle(place, spec));
	}

	async function unpack(text) {
		const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
		const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
		return new Response(stream).text();
	}

	async function start() {
		const names = Object.keys(specs);
		if (!names.length || typeof DecompressionStream === 'undefined')
			return;
		const script = document.createElement('script');
		script.textContent = await unpack(document.getElementById('plotly').textContent);
		document.head.append(script);
		if (typeof Plotly === 'undefined')
			return;
		document.documentElement.classList.add('live');
		for (const name of names)
			await draw(name);
		const again = () => names.forEach(draw);
		dark.addEventListener('change', again);
		narrow.addEventListener('change', again);
		document.documentElement.classList.add('drawn');
	}

	// Paper cannot unfold a table.
	window.addEventListener('beforeprint', () => {
		for (const item of document.querySelectorAll('details:not([open])')) {
			item.open = true;
			item.dataset.printed = '1';
		}
	});
	window.addEventListener('afterprint', () => {
		for (const item of document.querySelectorAll('details[data-printed]')) {
			item.open = false;
			delete item.dataset.printed;
		}
	});
	start();
})();
