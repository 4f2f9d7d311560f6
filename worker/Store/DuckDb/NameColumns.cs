using System.Collections.Immutable;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>How tables have the names that repeat.</summary>
internal enum NameLayout
{
    /// <summary>As numbers of <see cref="NameBook"/>.</summary>
    Numbers,

    /// <summary>As texts: files of before.</summary>
    Texts,

    /// <summary>Some rows so, some so: a file of before that was written to since, or several files.</summary>
    Both,
}

/// <summary>The columns of names that repeat, in SQL.</summary>
internal static class NameColumns
{
    /// <summary>As people know them, and as files of before have them.</summary>
    public static readonly ImmutableArray<string> Texts = ["app", "node", "interface"];

    /// <summary>How the names of the columns of numbers end.</summary>
    public const string NumberEnd = "_number";

    public static NameLayout LayoutOf(IEnumerable<ImmutableArray<string>> tables)
    {
        var (hasNumbers, hasTexts) = (false, false);
        foreach (var columns in tables)
        {
            hasTexts |= columns.Contains(Texts[0]);
            hasNumbers |= columns.Contains(FixedColumns.Name(FixedColumn.App));
        }

        return !hasTexts ? NameLayout.Numbers : hasNumbers ? NameLayout.Both : NameLayout.Texts;
    }

    /// <summary>The name in a row, NULL where there is none.</summary>
    public static string Text(FixedColumn column, NameLayout layout)
    {
        var text = SqlText.Name(TextName(column));
        var number = SqlNames.Call(FixedColumns.Name(column));
        return layout switch
        {
            NameLayout.Numbers => number,
            NameLayout.Texts => text,
            _ => $"coalesce({text}, {number})",
        };
    }

    public static string TextName(FixedColumn column) => column switch
    {
        FixedColumn.App => Texts[0],
        FixedColumn.Node => Texts[1],
        _ => Texts[2],
    };
}
