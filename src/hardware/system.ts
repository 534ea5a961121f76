// Which Linux this is, for the names of its packages, and whether it runs in a container.
import { existsSync, readFileSync } from "node:fs";

type Family = "debian" | "fedora" | "arch" | "suse";

const installers: Record<Family, string> = {
  debian: "apt-get install",
  fedora: "dnf install",
  arch: "pacman -S",
  suse: "zypper install",
};

const packages = {
  loader: {
    debian: "libvulkan1",
    fedora: "vulkan-loader",
    arch: "vulkan-icd-loader",
    suse: "libvulkan1",
    otherwise: "the Vulkan loader (libvulkan.so.1)",
  },
  amd: {
    debian: "mesa-vulkan-drivers",
    fedora: "mesa-vulkan-drivers",
    arch: "vulkan-radeon",
    suse: "libvulkan_radeon",
    otherwise: "Mesa's Vulkan driver (RADV)",
  },
  intel: {
    debian: "mesa-vulkan-drivers",
    fedora: "mesa-vulkan-drivers",
    arch: "vulkan-intel",
    suse: "libvulkan_intel",
    otherwise: "Mesa's Vulkan driver (ANV)",
  },
  nvidia: {
    debian: "nvidia-driver",
    fedora: "akmod-nvidia",
    arch: "nvidia",
    suse: "nvidia-driver-G06-kmp-default",
    otherwise: "NVIDIA's driver",
  },
  nvidiaVulkan: {
    debian: "nvidia-vulkan-icd",
    fedora: "xorg-x11-drv-nvidia-libs",
    arch: "nvidia-utils",
    suse: "nvidia-gl-G06",
    otherwise: "the graphics libraries of NVIDIA's driver (libGLX_nvidia.so.0 and nvidia_icd.json)",
  },
} satisfies Record<string, Record<Family | "otherwise", string>>;

export type Package = keyof typeof packages;

export interface System {
  /** How to install `wanted` here, as a command where the distribution is known. */
  install(wanted: Package): string;
  isUbuntu: boolean;
  isContainer: boolean;
}

/** Reads /etc/os-release, as systemd specifies it. */
export function inspectSystem(osRelease = "/etc/os-release"): System {
  const text = existsSync(osRelease) ? readFileSync(osRelease, "utf8") : "";
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)`, "m").exec(text)?.[1] ?? "";
  const ids = `${value("ID")} ${value("ID_LIKE")}`.split(" ");
  const family = (["debian", "fedora", "arch", "suse"] as const).find((name) => ids.includes(name));
  return {
    install: (wanted) =>
      family === undefined
        ? `install ${packages[wanted].otherwise}`
        : `${installers[family]} ${packages[wanted][family]}`,
    isUbuntu: ids.includes("ubuntu"),
    isContainer: isContainer(),
  };
}

/** Docker and Podman leave a file, Kubernetes a variable, and NVIDIA's container toolkit another. */
function isContainer(): boolean {
  const { KUBERNETES_SERVICE_HOST, NVIDIA_VISIBLE_DEVICES } = process.env;
  return (
    ["/.dockerenv", "/run/.containerenv"].some((path) => existsSync(path)) ||
    [KUBERNETES_SERVICE_HOST, NVIDIA_VISIBLE_DEVICES].some((value) => value !== undefined)
  );
}
