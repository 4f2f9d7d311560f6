using System.Diagnostics;
using System.Globalization;
using System.Text;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Worker.Detect.Yaml;

namespace NetSniff.Bench.Inside;

/// <summary>What rules cost a record that none of them is about: half flows, half HTTP with ordinary headers.</summary>
internal static class RuleCost
{
    private const int Records = 4096;
    private const long RecordsPerRun = 400_000;
    private const int Runs = 5;
    private const long Start = 1_767_225_600_000_000_000;

    private static readonly string[] s_kinds = ["mixed", "match", "threshold", "distinct", "pattern"];

    public static void Print()
    {
        _ = Protocols.Protocols.Records.Count;
        var records = MakeRecords();
        Console.WriteLine("rules   " + string.Join("", s_kinds.Select(kind => kind.PadLeft(12))) + "   ns a record");
        foreach (var count in (int[])[0, 1, 10, 100, 1000])
        {
            var costs = s_kinds.Select(kind => Nanos(records, Rules(kind, count)));
            Console.WriteLine(
                count.ToString(CultureInfo.InvariantCulture).PadLeft(5) + "   "
                + string.Join("", costs.Select(cost => cost.ToString("F0", CultureInfo.InvariantCulture).PadLeft(12))));
        }
    }

    /// <summary>The least of some runs: the others were disturbed.</summary>
    private static double Nanos(RecordSink records, RuleSet rules)
    {
        var run = new DetectionRun(rules);
        run.Run(records.Bytes, 0);
        var least = double.MaxValue;
        const long passes = RecordsPerRun / Records;
        for (var turn = 0; turn < Runs; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var pass = 0; pass < passes; pass++) run.Run(records.Bytes, 0);
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalNanoseconds / (passes * Records));
        }

        return least;
    }

    private static RuleSet Rules(string kind, int count)
    {
        var yaml = new StringBuilder();
        for (var number = 0; number < count; number++)
        {
            var one = kind == "mixed" ? s_kinds[1 + number % 4] : kind;
            yaml.Append(CultureInfo.InvariantCulture, $"""
                apiVersion: netsniff.io/v1alpha1
                kind: DetectionRule
                metadata: {"{"}name: rule-{number}{"}"}
                spec: {"{"}severity: Low, {Spec(one, number)}{"}"}
                ---

                """);
        }

        List<RuleProblem> problems = [];
        List<RuleSpec> specs = [];
        foreach (var node in RuleYaml.Read(yaml.ToString(), "", problems))
        {
            specs.AddRange(RuleReader.Read(node, "", problems));
        }

        return new RuleLoader().Load(specs, problems, out _)
            ?? throw new InvalidOperationException(string.Join('\n', problems));
    }

    private static string Spec(string kind, int number)
    {
        var id = number.ToString(CultureInfo.InvariantCulture);
        return kind switch
        {
            "match" => $"condition: http.status == 6{id}, detector: {{type: Match}}",
            "threshold" => $"condition: flow.tcp.state == synsent and dst.port == {id}, detector: "
                + "{type: Threshold, threshold: {count: 100, window: 10s, groupBy: [src.ip]}}",
            "distinct" => $"condition: http.host == shop-{id}.example, detector: "
                + "{type: Distinct, distinct: {field: http.uri, count: 100, window: 10s, groupBy: [src.ip]}}",
            _ => "detector: {type: Pattern, pattern: {fields: [http.uri, http.user_agent], decode: [URL, SQLComment], "
                + $"patterns: [{{name: a, regex: '(?i)evil{id}.{{0,20}}thing'}}, {{name: b, literal: 'bad-{id}'}}]}}}}",
        };
    }

    private static RecordSink MakeRecords()
    {
        var sink = new RecordSink(8 << 20);
        var headers = new TextListBuilder(new byte[512]);
        headers.Add("host: shop.example"u8);
        headers.Add("accept: */*"u8);
        headers.Add("x-request-id: 7c1e4c0e-5f0e-4a5e-8f9e-2f6f9d6f7a10"u8);
        for (var number = 0; number < Records; number++)
        {
            sink.Context = new RecordHeader
            {
                FlowId = (ulong)number,
                Client = Address.FromBytes([10, 0, (byte)(number >> 8), (byte)number]),
                Server = Address.FromBytes([10, 1, 0, (byte)(number % 16)]),
                ClientPort = (ushort)(32768 + number),
                ServerPort = 8080,
                Protocol = IpProtocol.Tcp,
            };
            var time = Start + number * 1_000_000L;
            if (number % 2 == 0) EmitFlow(sink, time);
            else EmitHttp(sink, headers.List, number, time);
        }

        return sink;
    }

    private static void EmitFlow(RecordSink sink, long time) => sink.Emit(
        new FlowRecord
        {
            FirstNanos = time, LastNanos = time + 1_000_000, PacketsToServer = 10, PacketsToClient = 12,
            BytesToServer = 2048, BytesToClient = 90_000, PayloadToServer = 900, PayloadToClient = 88_000,
            End = FlowEnd.Finished, IsTcp = true, State = TcpState.Closed, IsMidstream = false,
        },
        time);

    private static void EmitHttp(RecordSink sink, TextList headers, int number, long time)
    {
        Span<byte> uri = stackalloc byte[64];
        var length = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"/api/v1/carts/{number}/entries?page=2&sort=name"), uri);
        sink.Emit(
            new HttpRecord
            {
                Version = "1.1"u8, Method = "GET"u8, Uri = uri[..length], Host = "shop.example"u8, Status = 200,
                UserAgent = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"u8,
                HasRequest = true, HasResponse = true, ResponseBytes = 1536, LatencyNanos = 5_000_000,
                HasLatency = true, RequestHeaders = headers,
            },
            time);
    }
}
