using System.Text;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Records;
using NetSniff.Worker.Detect.Yaml;

namespace NetSniff.Fuzz.Targets;

/// <summary>Rule files: any text is rules or problems, and rules that are accepted look at any record.</summary>
internal sealed class RuleTarget : FuzzTarget
{
    /// <summary>Records shown to each set that is accepted.</summary>
    private const int ShownMax = 200;

    private const string Head = "apiVersion: netsniff.io/v1alpha1\nkind: DetectionRule\nmetadata: {name: r}\n"
        + "spec:\n  severity: High\n";

    private static readonly string[] s_specs =
    [
        "  condition: http.status >= 500\n  detector: {type: Match}\n  output: '{{src.ip}} {{http.uri}}'\n",
        "  condition: flow\n  detector: {type: Threshold, threshold: {count: 3, window: 1m, sumOf: "
            + "flow.bytes.toserver, groupBy: [src.ip, dst.pod]}}\n  dedupe: {for: 5m, groupBy: [dst.ip]}\n",
        "  match: {protocols: [DNS, TCP], ports: [53], from: {cidrs: [10.0.0.0/8]}}\n  condition: 'true'\n"
            + "  detector: {type: Distinct, distinct: {field: dst.port, count: 2, window: 10s}}\n",
        "  detector: {type: Pattern, pattern: {fields: [http.uri], decode: [URL, Base64, HTML, Unicode, SQLComment, "
            + "DoubleURL], minScore: 2, patterns: [{name: a, literal: x}, {name: b, regex: '(?i)a.{1,4}b'}]}}\n",
        "  condition: http\n  detector: {type: Match}\n  exceptions: [{name: a, condition: tls, reason: b, expireTime: "
            + "2027-01-01}]\n  tests: [{name: t, expect: Alert, records: [{http.status: 1, repeat: 3, every: 1ms}]}]\n",
        "  condition: http\n  match: {to: {podSelector: {matchExpressions: [{key: a/b, operator: NotIn, "
            + "values: [c]}]}}}\n  detector: {type: Match}\n  actions: [{name: a, type: Event}]\n",
    ];

    private static readonly string[] s_words =
    [
        "spec:", "detector:", "type:", "Match", "Threshold", "Distinct", "Pattern", "regex:", "literal:", "[", "]", "{",
        "}", ",", ":", "- ", "\n", "\n  ", "\n    ", "'", "\"", "|\n", ">-\n", "&a", "*a", "!!str", "<<:", "---\n",
        "...\n", "%YAML 1.2\n", "? ", "null", "~", "0x7fffffff", "99999h", "{{n}}", "repeat: 99", "\t", "#", "\0",
        "\u2028", "\ufeff", "groupBy:", "fields:", "{1,99}", "(", "count: 2", "tests:", "records:", "kind: List",
    ];

    private readonly RecordBytes _records = new();

    public RuleTarget()
    {
        _ = Protocols.Protocols.Records.Count;
        using var slots = new GuardedSlots(Pipeline.Shard.BatchMax);
        using var run = new ShardRun(ShardRun.Options, _records, slots);
        var frames = Handmade.Capture();
        run.Take(frames, frames.Count);
        run.Shard.Finish();
    }

    public override string Name => "rules";

    public override int PartBytesMax => 8_000;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) =>
        s_specs.Select(spec => FuzzInput.Flat(Encoding.UTF8.GetBytes(Head + spec)));

    public override bool TryMutate(ref byte[] part, Random random)
    {
        var word = Encoding.UTF8.GetBytes(s_words[random.Next(s_words.Length)]);
        var at = random.Next(part.Length + 1);
        part = [.. part.AsSpan(0, at), .. word, .. part.AsSpan(at)];
        return true;
    }

    public override void Run(FuzzInput input, Novelty novelty)
    {
        var text = Encoding.UTF8.GetString(input.Parts.Count > 0 ? input.Parts[0] : []);
        List<RuleProblem> problems = [];
        List<RuleSpec> specs = [];
        foreach (var node in RuleYaml.Read(text, "f", problems)) specs.AddRange(RuleReader.Read(node, "f", problems));
        var set = new RuleLoader().Load(specs, problems, out _);
        foreach (var (_, _, path, why, _) in problems) novelty.Note(1, Novelty.Order(path.Length), (ulong)why.Length);
        if (set is null)
        {
            if (problems.TrueForAll(static problem => problem.IsWarning))
            {
                throw new BrokenContractException("refused, and nothing says why");
            }

            return;
        }

        var run = new DetectionRun(set);
        var shown = 0;
        foreach (var record in new RecordWalker(_records.All))
        {
            if (shown++ == ShownMax) break;
            run.Run(record, (ulong)shown);
        }

        novelty.Note(2, set.Count, (ulong)run.Ledger().Sum(static line => line.Count));
    }

    private sealed class RecordBytes : RecordConsumer
    {
        private readonly List<byte> _bytes = [];

        public ReadOnlySpan<byte> All => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);

        public override void Consume(ReadOnlySpan<byte> records, int count) => _bytes.AddRange(records);
    }
}
