// Draws options with Apache ECharts on the server: JSON lines of {name, option, width, height} come in by standard
// input, JSON lines of {name, svg} or {name, error} go out.
import { createInterface } from "node:readline";
import * as echarts from "echarts";

const warnings = [];
console.warn = console.error = (...told) => warnings.push(told.join(" "));

function drawn({ option, width = 800, height = 450, theme = null }) {
  const chart = echarts.init(null, theme, { renderer: "svg", ssr: true, width, height });
  chart.setOption({ ...option, animation: false });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

for await (const line of createInterface({ input: process.stdin })) {
  const wanted = JSON.parse(line);
  const answer = { name: wanted.name };
  try {
    answer.svg = drawn(wanted);
  } catch (error) {
    answer.error = String(error.stack);
  }
  answer.warnings = warnings.splice(0);
  process.stdout.write(JSON.stringify(answer) + "\n");
}
