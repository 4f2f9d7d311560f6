using System.Diagnostics;
using Grpc.Core;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Serve;

/// <summary>Whether what is asked can be asked; what cannot is refused in words for whoever wrote it.</summary>
internal static class Asking
{
    public static RpcException Wrong(string what) => new(new Status(StatusCode.InvalidArgument, what));

    /// <summary>Compiles a filter.</summary>
    public static Filter Filter(string text)
    {
        var parse = FilterExpression.Parse(text);
        return parse.IsOk ? parse.Filter : throw Wrong("where: " + parse.Problem.Format(text));
    }

    public static void CheckKind(string kind)
    {
        if (RecordKinds.All.Any(schema => schema.Info.Name == kind)) return;

        var known = string.Join(", ", RecordKinds.All.Select(schema => schema.Info.Name));
        throw Wrong($"no record kind '{Shown(kind)}': there are {known}");
    }

    /// <summary>What a field is called here.</summary>
    public static string CheckField(string field)
    {
        if (FieldCatalog.Shared.Find(field) is { } known) return known.Name;

        var near = FieldCatalog.Shared.Nearest(field);
        throw Wrong($"no field '{Shown(field)}'" + (near is null ? "" : $"; did you mean {near}?"));
    }

    public static void CheckTimes(long sinceNanos, long untilNanos)
    {
        if (sinceNanos < 0 || untilNanos < 0) throw Wrong("a time before 1970");
        if (untilNanos != 0 && untilNanos <= sinceNanos) throw Wrong("until is not after since");
    }

    /// <summary>What a stranger wrote, short enough to be said back to them.</summary>
    private static string Shown(string text)
    {
        const int ShownMax = 64;
        Debug.Assert(ShownMax > 1);
        return text.Length <= ShownMax ? text : text[..(ShownMax - 1)] + "…";
    }
}
