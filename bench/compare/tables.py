"""Tables in Markdown, aligned so that they also read well in a terminal."""


def table(header, rows):
    """`header` and each of `rows` are lists of text; the first column is aligned left, the others right."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def aligned(line):
        return "| " + " | ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                                 for column, (cell, width) in enumerate(zip(line, widths))) + " |"

    rule = "|" + "|".join("-" * (width + 2) if column == 0 else "-" * (width + 1) + ":"
                          for column, width in enumerate(widths)) + "|"
    return "\n".join([aligned(header), rule, *map(aligned, rows)]) + "\n"


def ratios(title, base, table_of_ratios, means, names, base_values):
    """One row a program, one column an allocator; the second column says what 1.00 is in that row."""
    rows = []
    for program, row in table_of_ratios.items():
        rows.append([program, base_values[program], *(_ratio(row.get(name, {}).get("median")) for name in names)])
    if means:
        rows.append(["geometric mean", "", *(_ratio(means.get(name)) for name in names)])
    return f"## {title}\n\n" + table(["", f"{base} =", *names], rows)


def figures(title, rows_of_figures, names):
    rows = [[what, unit, *(_number(values.get(name)) for name in names)] for what, unit, values in rows_of_figures]
    return f"## {title}\n\n" + table(["", "", *names], rows)


def _ratio(value):
    return "-" if value is None else f"{value:.2f}"


def _number(value):
    return "-" if value is None else f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
