"""Pictures of ratio tables, drawn by gnuplot as SVG."""

import shutil
import subprocess

# Of ColorBrewer's "Paired" and "Dark2": told apart in print and by the colour-blind; cenote's is the strongest.
COLOURS = {"system": "#999999", "cenote": "#d95f02", "Heap": "#fdbf6f", "mimalloc": "#1f78b4", "jemalloc": "#33a02c",
           "tcmalloc": "#a6cee3", "tbb": "#b2df8a",
           "SingleThread": "#d95f02", "BlockPool": "#fc8d62", "ThreadCached": "#e7298a", "LockFree": "#e6ab02",
           "Locked": "#a6761d", "NodeAllocator": "#d95f02", "Slab": "#fc8d62", "LIMIT": "#444444", "LIMIT+mutex": "#444444",
           "CAS stack": "#bdbdbd", "index stack": "#737373", "boost::pool": "#6a3d9a", "boost fast": "#cab2d6", "foonathan": "#fb9a99",
           "pmr unsync": "#1b9e77", "pmr sync": "#66a61e"}
RATIO_SHOWN_MAX = 3  # a single bar of 40 would make all others lines


def available():
    return shutil.which("gnuplot") is not None


def ratio_plot(path, title, table_of_ratios, names):
    """Bars side by side for each program, one an allocator, with whiskers from the least to the greatest ratio."""
    names = [name for name in names if any(name in row for row in table_of_ratios.values())]
    width = 200 + 14 * len(names) * max(len(table_of_ratios), 5)
    largest = max((ratio["median"] for row in table_of_ratios.values() for ratio in row.values()), default=1)
    top, note = (RATIO_SHOWN_MAX, f" (cut at {RATIO_SHOWN_MAX})") if largest > RATIO_SHOWN_MAX else ("*", "")
    commands = [
        f'set terminal svg size {width},420 font "sans,12" background "white"',
        f'set output "{path}"', f'set title "{title}{note}"', "set key outside top horizontal", f"set yrange [0:{top}]",
        "set style data histograms", "set style histogram errorbars gap 2 linewidth 1",
        "set style fill solid 0.9 border -1", "set grid ytics", "set xtics nomirror", 'set ylabel "ratio"',
        "$data << END", *_data(table_of_ratios, names), "END",
        "plot 1 with lines lc rgb '#444444' dt 2 notitle, " + ", ".join(
            f"$data using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}{':xtic(1)' if i == 0 else ''} "
            f"title \"{name}\" lc rgb '{COLOURS.get(name, '#000000')}'" for i, name in enumerate(names))]
    subprocess.run(["gnuplot"], input="\n".join(commands) + "\n", text=True, check=True)


def _data(table_of_ratios, names):
    for program, row in table_of_ratios.items():
        cells = [f"{row[name]['median']} {row[name]['min']} {row[name]['max']}" if name in row else "NaN NaN NaN"
                 for name in names]
        yield f'"{program.replace("_", " ")}" ' + " ".join(cells)
