using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols;

/// <summary>What every line of the protocol list promises, asked of each. A new line joins by itself; a capture under
/// its corpus/ lets all questions be asked.</summary>
public sealed class ContractTests
{
    private const int Seed = 20240607;

    /// <summary>Protocols without a capture of their own, and why.</summary>
    private static readonly Dictionary<string, string> s_withoutSample = new(StringComparer.Ordinal);

    private static IReadOnlyList<ProtocolEntry> Entries => NetSniff.Protocols.Protocols.All;

    public static TheoryData<int> Lines => [.. Enumerable.Range(0, Entries.Count)];

    [Theory, MemberData(nameof(Lines))]
    public unsafe void No_bytes_throw(int line)
    {
        var entry = Entries[line];
        var random = new Random(Seed + line);
        var streams = entry.CreateStream is null ? null : new StreamRun();
        var datagrams = entry.CreateDatagram is null ? null : new DatagramRun(line);
        var bytes = new byte[2048];
        for (var round = 0; round < 1500; round++)
        {
            var length = random.Next(1, round % 50 == 0 ? bytes.Length : 80);
            random.NextBytes(bytes.AsSpan(0, length));
            // Long runs of zeros and ones are what length fields fear most.
            if (round % 3 == 0) bytes.AsSpan(random.Next(length)).Fill(round % 2 == 0 ? (byte)0 : (byte)0xFF);
            var direction = (Direction)random.Next(2);
            var port = entry.Info.Ports is [var first, ..] ? first : (ushort)1;
            entry.Probe(bytes.AsSpan(0, length), direction, new ProbeHints(40000, port, round % 2 == 0));
            streams?.Start(line, 40000, port);
            streams?.Say(direction, bytes.AsSpan(0, length), random.Next(1, length + 1));
            streams?.Say(1 - direction, bytes.AsSpan(0, length));
            streams?.Forget();
            datagrams?.Start(40000, port);
            datagrams?.Say(bytes.AsSpan(0, length), direction);
            datagrams?.End();
            datagrams?.Sink.Clear();
        }
    }

    [Theory, MemberData(nameof(Lines))]
    public unsafe void A_probe_takes_any_beginning_and_nothing(int line)
    {
        foreach (var sample in Samples.All)
        {
            foreach (var said in sample.Said.Take(4))
            {
                for (var length = 0; length <= Math.Min(said.Bytes.Length, 300); length++)
                {
                    Entries[line].Probe(said.Bytes.AsSpan(0, length), said.Direction, sample.Hints);
                }
            }
        }
    }

    /// <summary>What is told by the first byte and the ports alone is what the probe would have said.</summary>
    [Theory, MemberData(nameof(Lines))]
    public unsafe void A_probe_claims_nothing_that_could_not_be_its_own(int line)
    {
        var entry = Entries[line];
        var claims = 0;
        foreach (var sample in Samples.All.Where(sample => sample.Transport == entry.Info.Transport))
        {
            foreach (var said in sample.Said.Take(2).Where(said => said.Bytes.Length > 0))
            {
                var bytes = said.Bytes.ToArray();
                for (var first = 0; first <= byte.MaxValue; first++)
                {
                    bytes[0] = (byte)(said.Bytes[0] ^ first);
                    var verdict = entry.Probe(bytes, said.Direction, sample.Hints);
                    if (verdict == Verdict.No) continue;

                    claims++;
                    Assert.True(entry.MayBegin[bytes[0]], $"{entry.Info.Name} {sample.Name} {bytes[0]}");
                }

                if (!entry.Info.NeedsPort) continue;
                Assert.Equal(Verdict.No, entry.Probe(said.Bytes, said.Direction, new ProbeHints(40000, 40001, true)));
            }
        }

        Assert.True(claims > 0 || entry.CreateDatagram is null, entry.Info.Name);
    }

    [Fact]
    public void Every_protocol_has_a_sample()
    {
        var sampled = Samples.All.Select(sample => sample.Owner).ToHashSet();
        var reached = Samples.Streams.SelectMany(Upgrades).ToHashSet();
        var missing = Enumerable.Range(0, Entries.Count)
            .Where(line => !sampled.Contains(line) && !reached.Contains(line))
            .Select(line => Entries[line].Info.Name)
            .Except(s_withoutSample.Keys);
        Assert.Empty(missing);
    }

    [Fact]
    public void Nobody_claims_what_another_speaks()
    {
        var table = new StringBuilder();
        List<string> wrong = [];
        foreach (var sample in Samples.All)
        {
            table.Append(CultureInfo.InvariantCulture, $"{sample.Name,-24} {sample.OwnerName,-10}");
            for (var line = 0; line < Entries.Count; line++)
            {
                var verdict = sample.Ask(line);
                var isClaim = verdict is Verdict.Yes or Verdict.YesReversed;
                table.Append(isClaim ? 'X' : verdict == Verdict.Maybe ? '?' : '.');
                if (isClaim && line != sample.Owner && !AreKin(line, sample.Owner))
                {
                    wrong.Add($"{Entries[line].Info.Name} claims {sample.Name}, which is {sample.OwnerName}");
                }
            }

            table.AppendLine();
        }

        if (Environment.GetEnvironmentVariable("NETSNIFF_MATRIX") == "1")
        {
            var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts"));
            var head = $"columns: {string.Join(' ', Entries.Select(entry => entry.Info.Name))}\n";
            File.WriteAllText(Path.Combine(folder.FullName, "negative-matrix.txt"), head + table);
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Names_of_protocols_and_their_limits_are_sound()
    {
        foreach (var entry in Entries)
        {
            Assert.Matches("^[a-z0-9_-]+$", entry.Info.Name);
            Assert.EndsWith(".", entry.Info.About, StringComparison.Ordinal);
            Assert.Equal(entry.Info.Transport == Transport.Stream, entry.CreateStream is not null);
            Assert.InRange(entry.Info.HeldBytesMax, entry.CreateStream is null ? 0 : 1, 1 << 20);
        }

        var twice = Entries.GroupBy(entry => (entry.Info.Name, entry.Info.Transport)).Where(group => group.Count() > 1);
        Assert.Empty(twice.Select(group => group.Key));
    }

    [Fact]
    public void Every_protocol_and_record_is_in_its_list()
    {
        var types = typeof(IProtocol).Assembly.GetTypes().Where(type => !type.IsInterface).ToList();
        var infos = Entries.Select(entry => entry.Info).ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.All(
            types.Where(type => type.IsAssignableTo(typeof(IProtocol))),
            type => Assert.True(infos.Contains(InfoOf(type)), $"{type.Name} is not in Protocols.All"));

        var kinds = NetSniff.Protocols.Protocols.Records.Select(schema => schema.Info).ToHashSet();
        Assert.All(
            types.Where(type => type.IsValueType && type.GetInterface(nameof(IRecord)) is not null),
            type => Assert.True(kinds.Contains(SchemaOf(type).Info), $"{type.Name} is not in Protocols.Records"));
    }

    [Fact]
    public void Field_names_are_unique_over_all_records_and_explained()
    {
        var fields = NetSniff.Protocols.Protocols.Records.SelectMany(schema => schema.Fields).ToList();
        Assert.Empty(fields.GroupBy(field => field.Name).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(fields, field => Assert.Matches("^[a-z0-9_]+(\\.[a-z0-9_]+)+$", field.Name));
        Assert.All(fields, field => Assert.False(string.IsNullOrWhiteSpace(field.About), field.Name));
        Assert.All(
            NetSniff.Protocols.Protocols.Records,
            schema => Assert.InRange(schema.Fields.Count, 1, RecordSchema.FieldsMax));
    }

    [Fact]
    public void Lines_use_fields_that_exist()
    {
        foreach (var schema in NetSniff.Protocols.Protocols.Records)
        {
            Assert.NotEmpty(schema.Info.Lines);
            Assert.All(
                schema.Info.Lines,
                line => Assert.Empty(LineTemplate.Compile(line, schema).UnknownNames));
        }
    }

    /// <summary>The layout in the arena is the order of the calls, so there must be just one order: straight down.
    /// </summary>
    [Fact]
    public void Descriptions_are_straight_lines()
    {
        var core = Path.Combine(Repository.Root, "core");
        var sources = Directory.EnumerateFiles(core, "*Record.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Text: File.ReadAllText(path)))
            .Where(source => source.Text.Contains(": IRecord", StringComparison.Ordinal));
        foreach (var (path, text) in sources)
        {
            var starts = Regex.Matches(text, @"void Describe\w*<").Select(match => match.Index).ToList();
            Assert.True(starts.Count > 0, path);
            foreach (var start in starts)
            {
                var body = text[start..text.IndexOf("\n    }", start, StringComparison.Ordinal)];
                body = Regex.Replace(body, "\"[^\"]*\"", "");
                Assert.DoesNotMatch(@"\b(if|for|foreach|while|switch|return|goto)\s*[({;]", body);
                // Whoever works on a copy of the visitor gives it back, or the next field is written over this one.
                if (body.Contains("= visitor;", StringComparison.Ordinal)) Assert.EndsWith("visitor = fields;", body);
            }
        }
    }

    /// <summary>Same format under several names: the port is part of these protocols and decides between them.
    /// </summary>
    private static bool AreKin(int one, int other)
    {
        string[] names = ["dns", "mdns", "llmnr"];
        return names.Contains(Entries[one].Info.Name) && names.Contains(Entries[other].Info.Name);
    }

    private static IEnumerable<int> Upgrades(Sample sample)
    {
        var run = new StreamRun();
        run.Start(sample);
        foreach (var said in sample.Said)
        {
            run.Say(said.Direction, said.Bytes);
            yield return run.Entry;
        }
    }

    /// <summary>By way of a method: a ref struct's own properties are closed to reflection.</summary>
    private static RecordSchema SchemaOf(Type type) =>
        (RecordSchema)typeof(RecordSchema).GetMethod(nameof(RecordSchema.Of))!.MakeGenericMethod(type)
            .Invoke(null, [(ushort)0])!;

    private static object InfoOf(Type type) =>
        type.GetProperty("Info", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
}
