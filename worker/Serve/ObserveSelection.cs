using Grpc.Core;
using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve;

/// <summary>Which records, and what of them. Two who ask the same are equal.</summary>
internal sealed record ObserveSelection
{
    /// <summary>Names in a list; more is no list any more.</summary>
    private const int NamesMax = 256;

    private const string Flow = "flow";
    private const string Connection = "connection";

    private ObserveSelection(string kinds, string where, long sinceNanos, string fields)
    {
        (Kinds, Where, SinceNanos, Fields) = (kinds, where, sinceNanos, fields);
    }

    /// <summary>Names with blanks between; empty for all.</summary>
    public string Kinds { get; }

    public string Where { get; }

    public long SinceNanos { get; }

    /// <summary>Names with blanks between; empty for all.</summary>
    public string Fields { get; }

    public string[] KindNames => Names(Kinds);

    public string[] FieldNames => Names(Fields);

    /// <exception cref="RpcException">Something in it is not known; the message tells what is.</exception>
    public static ObserveSelection Of(ObserveRequest request)
    {
        CheckCount(request.Kinds.Count, "kinds");
        CheckCount(request.Fields.Count, "fields");
        foreach (var kind in request.Kinds) Asking.CheckKind(kind);
        Asking.Filter(request.Where);
        var fields = Joined(request.Fields.Select(Asking.CheckField));
        if (!request.Merged)
        {
            return new ObserveSelection(
                Joined(request.Kinds), request.Where.Trim(), request.SinceNanos, fields);
        }

        if (request.Kinds.Any(kind => kind is not (Flow or Connection)))
        {
            throw Asking.Wrong("only flows are merged: their records are of kind connection then");
        }

        // What is found are flow records; which fields are wanted is asked of what becomes of them.
        return new ObserveSelection(Flow, request.Where.Trim(), request.SinceNanos, "");
    }

    /// <summary>What is wanted of connections: all of them, for their flows were chosen already.</summary>
    public static ObserveSelection OfConnections(ObserveRequest request) =>
        new("", "", 0, Joined(request.Fields.Select(Asking.CheckField)));

    /// <summary>The kinds by number; null for all.</summary>
    public HashSet<ushort>? KindNumbers() => Kinds.Length == 0
        ? null
        : [.. RecordKinds.All.Where(schema => KindNames.Contains(schema.Info.Name)).Select(schema => schema.Id)];

    /// <summary>A filter of its own for whoever asks: a filter belongs to one thread at a time. Null for all.</summary>
    public Filter? NewFilter() => Asking.Filter(Where) is { IsAlways: false } filter ? filter : null;

    private static void CheckCount(int count, string what)
    {
        if (count > NamesMax) throw Asking.Wrong($"{count} {what}: the most is {NamesMax}");
    }

    private static string Joined(IEnumerable<string> names) =>
        string.Join(' ', names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static string[] Names(string joined) => joined.Length == 0 ? [] : joined.Split(' ');
}
