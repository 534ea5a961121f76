// Makers of GPUs by their number on the PCI bus, or the one Khronos has given them.

const names: Record<number, string> = {
  0x1002: "AMD",
  0x1010: "Imagination",
  0x106b: "Apple",
  0x10de: "NVIDIA",
  0x13b5: "Arm",
  0x1414: "Microsoft",
  0x14e4: "Broadcom",
  0x1ae0: "Google",
  0x5143: "Qualcomm",
  0x8086: "Intel",
  0x10005: "Mesa",
};

/** The maker's name, else its number. */
export function vendorName(vendorId: number): string {
  return names[vendorId] ?? `vendor 0x${vendorId.toString(16).padStart(4, "0")}`;
}
