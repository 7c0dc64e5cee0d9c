import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { trouble } from "../fleet.ts";
import { here } from "../place.ts";
import { Same } from "./asked.tsx";

const PAGES = [
  { path: "/", name: "Fleet", pages: ["overview"] },
  { path: "/devices", name: "Devices", pages: ["devices", "device"] },
  { path: "/rollouts", name: "Rollouts", pages: ["rollouts", "rollout"] },
  { path: "/specs", name: "Specs", pages: ["specs", "spec"] },
  { path: "/packets", name: "Packets", pages: ["packets", "packet"] },
  { path: "/history", name: "History", pages: ["history"] },
] as const;

/** What is round every page: where one can go, and whether what is shown is true still. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const { page } = here.value.place;
  return (
    <>
      <header>
        <nav aria-label="Pages">
          <a class="name" href="/">
            jamesd
          </a>
          {PAGES.map(({ path, name, pages }) => (
            <a
              key={path}
              href={path}
              {...((pages as readonly string[]).includes(page) && { "aria-current": "page" })}
            >
              {name}
            </a>
          ))}
        </nav>
        <output class="trouble">{trouble.value && `not up to date: ${trouble.value}`}</output>
      </header>
      <main>{children}</main>
    </>
  );
}

/** A page: its name, and what on the command line says the same. */
export function Page({
  title,
  command,
  children,
}: {
  readonly title: string;
  readonly command: string;
  readonly children: ComponentChildren;
}) {
  // Several tabs are told apart by their names.
  useEffect(() => {
    document.title = `${title} - jamesd`;
  }, [title]);
  return (
    <>
      <h1>{title}</h1>
      {children}
      <footer>
        <Same command={command} />
      </footer>
    </>
  );
}
