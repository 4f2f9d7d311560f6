using System.Text;
using NetSniff.Filters.Expression;
using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Records;

namespace NetSniff.Fuzz.Targets;

/// <summary>The filter language: any text is a filter or a problem with a place, and a filter answers for any record.
/// </summary>
internal sealed class FilterTarget : FuzzTarget
{
    private static readonly string[] s_expressions =
    [
        "http.status >= 500 && dst.port == 8080", "dns.qname like \"*.example.com\" or dns.rcode == NXDOMAIN",
        "!(src.ip in 10.0.0.0/8) and proto == tcp", "http.uri matches \"^/(a|b)+$\"", "flow.duration > 1.5s",
        "tls.sni != \"\" and (tls.version in {tls1.2, tls1.3})", "dst.port in {80, 443, 8000..8100}",
        "http.user_agent contains \"curl\" && not partial", "src.ip == 2001:db8::1", "app == http || app == dns",
    ];

    private static readonly string[] s_words =
    [
        "and", "or", "not", "&&", "||", "!", "(", ")", "{", "}", "[", "]", ",", "..", "==", "!=", "<=", ">=", "<", ">",
        "in", "like", "matches", "contains", "\"", "\\\"", "/", "0x", "1.5h", "10.0.0.0/8", "::1", "true", "false",
        "(?", "*", "{1,9999}", "\\p{L}", "\u00e9", "\ud83d\ude00", "\0", "\n", "~", "exists",
    ];

    private readonly RecordBytes _records = new();
    private readonly string[] _words = [.. s_words, .. FieldNames()];

    public FilterTarget()
    {
        using var slots = new GuardedSlots(Pipeline.Shard.BatchMax);
        using var run = new ShardRun(ShardRun.Options, _records, slots);
        var frames = Handmade.Capture();
        run.Take(frames, frames.Count);
        run.Shard.Finish();
    }

    public override string Name => "filter";

    public override int PartBytesMax => 6_000; // a little more than an expression may have

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) =>
        s_expressions.Select(text => FuzzInput.Flat(Encoding.UTF8.GetBytes(text)));

    public override bool TryMutate(ref byte[] part, Random random)
    {
        var word = Encoding.UTF8.GetBytes(_words[random.Next(_words.Length)]);
        var at = random.Next(part.Length + 1);
        part = random.Next(3) == 0
            ? [.. part.AsSpan(0, at), .. word, .. part.AsSpan(at)]
            : [.. part.AsSpan(0, at), (byte)' ', .. word, (byte)' ', .. part.AsSpan(at)];
        return true;
    }

    public override void Run(FuzzInput input, Novelty novelty)
    {
        var text = Encoding.UTF8.GetString(input.Parts.Count > 0 ? input.Parts[0] : []);
        var parse = FilterExpression.Parse(text);
        if (!parse.IsOk)
        {
            _ = parse.Problem.Format(text);
            novelty.Note(1, parse.Problem.Format("").Length);
            return;
        }

        var matches = Matches(parse.Filter);
        novelty.Note(2, matches, (ulong)Novelty.Order(text.Length));

        // Written out and read again it is the same filter.
        var spelled = parse.Filter.ToString();
        if (spelled.Length > FilterExpression.LengthMax) return;
        var again = FilterExpression.Parse(spelled);
        if (!again.IsOk)
        {
            throw new BrokenContractException($"reads back badly: {spelled}\n{again.Problem.Format(spelled)}");
        }

        if (Matches(again.Filter) != matches)
        {
            throw new BrokenContractException($"reads back as another filter: {spelled}");
        }
    }

    private int Matches(Filter filter)
    {
        var matches = 0;
        foreach (var record in new RecordWalker(_records.All))
        {
            if (filter.Matches(record)) matches++;
        }

        return matches;
    }

    private static IEnumerable<string> FieldNames()
    {
        _ = Protocols.Protocols.Records.Count;
        return RecordKinds.All.SelectMany(schema => schema.Fields.Select(field => field.Name));
    }

    private sealed class RecordBytes : RecordConsumer
    {
        private readonly List<byte> _bytes = [];

        public ReadOnlySpan<byte> All => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);

        public override void Consume(ReadOnlySpan<byte> records, int count) => _bytes.AddRange(records);
    }
}
