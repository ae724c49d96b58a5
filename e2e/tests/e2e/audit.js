() => {
  const found = [];
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('[inert], .unseen');
  const all = (css) => [...document.querySelectorAll(css)].filter(seen);
  const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' ' + JSON.stringify((e.innerText || '').slice(0, 40));

  const headings = all('h1');
  if (headings.length !== 1) found.push(`${headings.length} headings of the first level`);
  if (all('main').length !== 1) found.push('not one main part');
  if (!document.documentElement.lang || !document.title) found.push('no language or title');

  for (const e of all('input, select, textarea')) {
    const label = e.getAttribute('aria-label') || [...(e.labels || [])].map((l) => l.innerText).join('').trim();
    if (!label) found.push(`no label: ${name(e)}`);
    if (!['radio', 'checkbox'].includes(e.type) && parseFloat(getComputedStyle(e).fontSize) < 16) found.push(`below 16 px: ${name(e)}`);
  }
  for (const e of all('button, a[href]')) if (!(e.getAttribute('aria-label') || e.innerText.trim())) found.push(`no name: ${name(e)}`);
  for (const e of all('iframe')) if (!e.title) found.push(`no title: ${name(e)}`);
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`twice: #${id}`);
  for (const e of all('[aria-describedby], [aria-labelledby], [aria-controls]')) {
    for (const attribute of ['aria-describedby', 'aria-labelledby', 'aria-controls']) {
      for (const id of (e.getAttribute(attribute) || '').split(' ').filter(Boolean)) if (!document.getElementById(id)) found.push(`${attribute} of ${name(e)} leads nowhere: ${id}`);
    }
  }

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = all('body *').filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 3).map(name);
    found.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth} px: ${wide}`);
  }
  if (innerWidth < 500) {
    for (const e of all('button, select, input:not([type=radio]):not([type=checkbox]), textarea, label:has(input)')) {
      const { height } = e.getBoundingClientRect();
      if (height < 43.5 && !e.closest('li, p')) found.push(`${Math.round(height)} px high: ${name(e)}`);
    }
  }

  // Contrast of every text with what is behind it.
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    const page = matchMedia('(prefers-color-scheme: dark)').matches ? rgba('Canvas') : [255, 255, 255, 1];
    return layers.reduce((below, layer) => over(layer, below), page.slice(0, 3));
  };
  const light = (rgb) => rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  for (const e of all('body *')) {
    const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || e.matches(':disabled, :disabled *, [aria-hidden=true]')) continue;
    const style = getComputedStyle(e), ground = behind(e);
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${name(e)}`);
  }
  return found;
}
