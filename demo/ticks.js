/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Measures and draws how steadily the page's own thread runs: a timer notes the gap since it ran
 * last. A thread that blocks for 300 ms shows as a spike of 300 ms. Used by app.js.
 */

// Browsers clamp a repeated timer to 4 ms, so this is as fine as a timer gets.
const PERIOD_MS = 4;
/** One frame at 60 Hz, drawn as a line. */
const FRAME_MS = 1000 / 60;

/** Records every gap, from start() to stop(), while the tab is visible. */
export class TickRecorder {
  constructor(onGap) {
    this.onGap = onGap;
    // A hidden tab's timers are slowed on purpose: its gaps say nothing about blocking.
    document.addEventListener('visibilitychange', () => this.skip());
  }

  start() {
    this.gaps = [];
    this.longest = 0;
    this.wasHidden = document.hidden;
    this.began = this.last = performance.now();
    this.timer = setInterval(() => this.tick(), PERIOD_MS);
  }

  stop() {
    this.tick(); // what blocked the timer until now counts too
    clearInterval(this.timer);
    this.timer = 0;
  }

  tick() {
    const now = performance.now();
    const gap = now - this.last;
    this.last = now;
    if (document.hidden) return;
    this.gaps.push(gap);
    this.longest = Math.max(this.longest, gap);
    this.onGap(now - this.began, gap);
  }

  skip() {
    if (!this.timer) return;
    this.wasHidden = true;
    this.last = performance.now();
  }

  /** The gap, in ms, that `share` of all gaps do not exceed. */
  quantile(share) {
    const sorted = Float64Array.from(this.gaps).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  }
}

const COLUMNS = 400;
const FIRST_SPAN_MS = 4000;
const LEAST_SHOWN_MS = 2000;
const LOWEST_TOP_MS = 40;
const MARGIN = { left: 54, right: 12, top: 12, bottom: 26 };

/** The gaps over time: a column shows the longest gap of its slice of the run. */
export class GapChart {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  clear() {
    this.columns = new Float64Array(COLUMNS);
    this.span = FIRST_SPAN_MS;
    this.end = LEAST_SHOWN_MS;
    this.draw();
  }

  add(time, gap) {
    while (time >= this.span) this.halve();
    this.end = Math.max(this.end, time);
    const column = Math.floor(time / this.span * COLUMNS);
    this.columns[column] = Math.max(this.columns[column], gap);
  }

  /** Doubles the time the columns stand for; neighbours become one. */
  halve() {
    for (let i = 0; i < COLUMNS / 2; i++) {
      this.columns[i] = Math.max(this.columns[2 * i], this.columns[2 * i + 1]);
    }
    this.columns.fill(0, COLUMNS / 2);
    this.span *= 2;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = devicePixelRatio;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    const pen = this.canvas.getContext('2d');
    pen.scale(scale, scale);
    const style = getComputedStyle(this.canvas);
    const color = (name) => style.getPropertyValue(`--${name}`);
    const top = Math.max(LOWEST_TOP_MS, 1.15 * Math.max(...this.columns));
    const area = {
      x: (time) => MARGIN.left + time / this.end * (width - MARGIN.left - MARGIN.right),
      y: (gap) => height - MARGIN.bottom - gap / top * (height - MARGIN.top - MARGIN.bottom),
    };
    pen.font = `12px ${style.fontFamily}`;
    this.drawGrid(pen, area, top, width, color);
    this.drawColumns(pen, area, color);
    this.drawFrameLine(pen, area, width, color);
  }

  drawGrid(pen, { x, y }, top, width, color) {
    pen.strokeStyle = color('line');
    pen.fillStyle = color('muted');
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    for (let gap = 0; gap <= top; gap += niceStep(top, 5)) {
      pen.strokeRect(MARGIN.left, Math.round(y(gap)) + 0.5, width - MARGIN.left - MARGIN.right, 0);
      pen.fillText(`${gap} ms`, MARGIN.left - 6, y(gap));
    }
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    const seconds = this.end / 1000;
    for (let time = 0; time < seconds; time += niceStep(seconds, 8)) {
      pen.fillText(`${time} s`, x(time * 1000), y(0) + 8);
    }
  }

  drawColumns(pen, { x, y }, color) {
    const width = x(this.span / COLUMNS) - x(0);
    this.columns.forEach((gap, i) => {
      if (!gap) return;
      pen.fillStyle = color(gap > FRAME_MS ? 'warm' : 'accent');
      pen.fillRect(x(i * this.span / COLUMNS), y(gap), Math.max(1, width - 0.4), y(0) - y(gap));
    });
  }

  drawFrameLine(pen, { y }, width, color) {
    pen.setLineDash([5, 4]);
    pen.strokeStyle = pen.fillStyle = color('text');
    pen.strokeRect(MARGIN.left, Math.round(y(FRAME_MS)) + 0.5, width - MARGIN.left - MARGIN.right, 0);
    pen.setLineDash([]);
    pen.textAlign = 'right';
    pen.textBaseline = 'bottom';
    pen.fillText('one frame, 16.7 ms', width - MARGIN.right, y(FRAME_MS) - 3);
  }
}

/** A round step that divides `range` into at most `count` parts. */
function niceStep(range, count) {
  const power = 10 ** Math.floor(Math.log10(range / count));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => range / step <= count);
}
