// Products with frozen weights in float16: half the memory of the weights, and the arithmetic that GPUs are fastest at. Everything
// else - adapters, attention, LayerNorms, losses, gradients, the optimizer - stays in float32.
// Reference: Micikevicius et al. 2018, "Mixed precision training" (arXiv 1710.03740); the loss scaling is train/loss-scale.ts.
import { elementTypes, type Node } from "./onnx.ts";

export interface HalvedNodes {
  nodes: Node[];
  /** Name of the weight -> name under which its float16 values are read. */
  weights: ReadonlyMap<string, string>;
}

const products = new Set(["Gemm", "MatMul", "FusedMatMul"]);

/** Rewrites every product that has exactly one operand for which `isFrozen` holds. */
export function halveProducts(
  nodes: readonly Node[],
  isFrozen: (name: string) => boolean,
): HalvedNodes {
  const weights = new Map<string, string>();
  const casts = new Map<string, string>();
  const result: Node[] = [];
  const node = (op: string, inputs: string[], output: string, rest: Partial<Node> = {}) =>
    result.push({ op, domain: "", inputs, outputs: [output], attributes: {}, ...rest });

  const half = (name: string): string => {
    const known = casts.get(name) ?? weights.get(name);
    if (known !== undefined) return known;
    const output = `${name} in float16`;
    if (isFrozen(name)) weights.set(name, output);
    else {
      node("Cast", [name], output, { attributes: { to: elementTypes.float16 } });
      casts.set(name, output);
    }
    return output;
  };

  for (const product of nodes) {
    const [a, b, bias] = product.inputs;
    if (!products.has(product.op) || isFrozen(a) === isFrozen(b)) {
      result.push(product);
      continue;
    }
    const [output] = product.outputs;
    const operands = [half(a), half(b)];
    const { attributes, domain } = product;
    node(product.op, operands, `${output} as computed`, { attributes, domain });
    const wide = bias === undefined ? output : `${output} without bias`;
    node("Cast", [`${output} as computed`], wide, { attributes: { to: elementTypes.float32 } });
    if (bias !== undefined) node("Add", [wide, bias], output);
  }
  return { nodes: result, weights };
}
