"""Tables as they stand in docs/benchmarks.md, and what the run asks of itself."""


def signed(number):
    return f"{number:+,.0f}"


def show(title_column, width, columns, rows):
    """A table with a column of titles and some of figures, each (heading, width). A row is its title
    and its cells, which are text."""
    head = " | ".join(f"{name:>{size}}" for name, size in columns)
    rule = " | ".join("-" * (size - 1) + ":" for _, size in columns)
    print(f"| {title_column:{width}} | {head} |\n| {'-' * width} | {rule} |")
    for title, *cells in rows:
        texts = " | ".join(f"{cell:>{size}}" for cell, (_, size) in zip(cells, columns))
        print(f"| {title:{width}} | {texts} |")
    print()


def show_goals(rows):
    """Each row is what, the figure, and the bar. Returns how many are missed."""
    show("goal", 58, (("reached", 8), ("at most", 8), ("", 11)),
         [(what, signed(value), f"{bar:,}", "reached" if value <= bar else "NOT reached")
          for what, value, bar in rows])
    return sum(value > bar for _, value, bar in rows)
