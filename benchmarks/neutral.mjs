// W1 in Squiggle: node neutral.mjs WORLDS [full]. Prints JSON: seconds of each run, and what the truths are checked against.
//
// Sample sets are Squiggle's arithmetic over worlds. Its functions have no Poisson inside that arithmetic, so attacks and
// the event go through a function called once a sample: "full" has them, the default keeps the path alone.
import { run } from "@quri/squiggle-lang";

const full = process.argv.includes("full");
const worlds = Number(process.argv[2]);
const repetitions = full ? 0 : 3;

const attacks = `
    mean_attacks = SampleSet.map2(state.attacks, SampleSet.map2(lambda, r, {|l, r| l * r / 1000}),
      {|so_far, rate| so_far + sample(Danger.poissonDist(rate))})
    happens = SampleSet.map3(u[month], r, h0, {|u, r, h| if u < h * r / 4400 then 1 else 0})
    first = SampleSet.map2(state.first, happens, {|f, now| if f == 25 && now == 1 then month + 1 else f})`;

const code = `
uniform_set(a, b) = SampleSet.fromDist(Sym.uniform(a, b))
r0 = uniform_set(3000, 6500)
g = uniform_set(0, .04)
k = uniform_set(.05, .4)
lambda = uniform_set(.1, .4)
h0 = uniform_set(.001, .01)
eps = List.map(List.upTo(1, 24), {|i| SampleSet.fromDist(Sym.normal(0, .05))})
u = List.map(List.upTo(1, 24), {|i| uniform_set(0, 1)})
start = log(r0)
nobody = start * 0
option(i) = {
  dg = -.003 * i
  dk = .03 * i
  drift = g + dg - (k + dk) * .1
  List.reduce(List.upTo(0, 23), {x: start, path: [], attacks: nobody, first: nobody + 25}, {|state, month|
    x = state.x + drift + eps[month]
    r = exp(x)
    ${full ? attacks : "mean_attacks = 0\n    first = 0"}
    {x: x, path: List.append(state.path, r), attacks: mean_attacks, first: first}
  })
}
runs = List.map(List.upTo(0, 4), {|i| option(i)})
{
  log_r: List.map(runs, {|o| mean(o.x)}),
  log_r_sd: List.map(runs, {|o| stdev(o.x)}),
  attacks: List.map(runs, {|o| ${full ? "mean(o.attacks)" : "0"}}),
  attacks_sd: List.map(runs, {|o| ${full ? "stdev(o.attacks)" : "0"}}),
  event: List.map(runs, {|o| ${full ? "mean(SampleSet.map(o.first, {|f| if f < 25 then 1 else 0}))" : "0"}}),
  paired: ${full ? "stdev(SampleSet.map2(runs[4].first, runs[0].first, {|a, b| (if a < 25 then 1 else 0) - (if b < 25 then 1 else 0)}))" : "0"}
}
`;

const seconds = [];
let found;
for (let time = 0; time <= repetitions; time++) {
  const began = process.hrtime.bigint();
  const output = await run(code, { environment: { sampleCount: worlds, xyPointLength: 1000, seed: "w1" } });
  seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
  if (!output.result.ok) {
    console.error(String(output.result.value));
    process.exit(1);
  }
  found = output.result.value.result.asJS();
}
console.log(JSON.stringify({ seconds, worlds, peak: (process.resourceUsage().maxRSS * 1024) / 1e6, ...found.value }));
