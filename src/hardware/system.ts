// Which system this is, for the names of its packages, and whether it runs in a container.
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

/** What NVIDIA's Vulkan driver is linked with and images for computing leave out. */
const debianLibraries: Record<string, string> = {
  "libX11.so.6": "libx11-6",
  "libXext.so.6": "libxext6",
  "libxcb.so.1": "libxcb1",
  "libEGL.so.1": "libegl1",
  "libGLdispatch.so.0": "libglvnd0",
};

export interface System {
  /** How to install `wanted` here, as a command where the distribution is known. */
  install(wanted: Package): string;
  /** How to install the package with a library, such as "libXext.so.6". */
  installLibrary(file: string): string;
  isUbuntu: boolean;
  isWindows: boolean;
  isContainer: boolean;
}

/** Reads /etc/os-release, as systemd specifies it. */
export function inspectSystem({
  osRelease = "/etc/os-release",
  platform = process.platform,
} = {}): System {
  const text = existsSync(osRelease) ? readFileSync(osRelease, "utf8") : "";
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)`, "m").exec(text)?.[1] ?? "";
  const ids = `${value("ID")} ${value("ID_LIKE")}`.split(" ");
  const family = (["debian", "fedora", "arch", "suse"] as const).find((name) => ids.includes(name));
  return {
    install: (wanted) => {
      if (platform === "win32") return "install the current driver of your GPU's maker";
      if (family === undefined) return `install ${packages[wanted].otherwise}`;
      return `${installers[family]} ${packages[wanted][family]}`;
    },
    installLibrary: (file) =>
      family === "debian" && file in debianLibraries
        ? `apt-get install ${debianLibraries[file]}`
        : `install the package that has ${file}`,
    isUbuntu: ids.includes("ubuntu"),
    isWindows: platform === "win32",
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
