using NetSniff.Cli.Outputs;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols;

/// <summary>Every capture beside the tests says what it said when it was last looked at. `make golden` writes the
/// answers anew; the difference is for a person to read.</summary>
public sealed class GoldenTests
{
    private static bool IsWriting => Environment.GetEnvironmentVariable("NETSNIFF_GOLDEN") == "write";

    public static TheoryData<string> Captures =>
        [.. Samples.Captures.Select(path => Path.GetRelativePath(Samples.Folder, path))];

    [Theory, MemberData(nameof(Captures))]
    public void A_capture_says_what_it_said(string capture)
    {
        var path = Path.Combine(Samples.Folder, capture);
        var answer = Path.ChangeExtension(path, ".jsonl");
        var said = Replay(path, batch: int.MaxValue);
        if (IsWriting) File.WriteAllText(answer, said);

        Assert.True(File.Exists(answer), $"{capture} has no answer: `make golden` writes it");
        Assert.Equal(File.ReadAllText(answer), said);
    }

    [Theory, MemberData(nameof(Captures))]
    public void How_frames_are_batched_changes_nothing(string capture)
    {
        var path = Path.Combine(Samples.Folder, capture);
        Assert.Equal(Replay(path, batch: int.MaxValue), Replay(path, batch: 1));
    }

    [Theory, MemberData(nameof(Captures))]
    public void Nothing_is_lost_in_a_whole_capture(string capture)
    {
        var file = new CaptureFile(Path.Combine(Samples.Folder, capture));
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, new Discard());
        shard.Run(file.Frames);
        shard.Finish();
        Assert.All(
            shard.Ledger().Where(line => line.IsLoss),
            line => Assert.True(line.Count == 0, $"{line.Stage}: {line.Count} {line.Reason}"));
        Assert.Equal(file.Frames.Length, shard.Counters.Packets);
    }

    private static string Replay(string path, int batch)
    {
        var file = new CaptureFile(path);
        using var stream = new MemoryStream();
        var output = new JsonlOutput(new OutputBuffer(stream), OriginBook.None);
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, new Writer(output));
        for (var start = 0; start < file.Frames.Length; start += Math.Min(batch, file.Frames.Length))
        {
            shard.Run(file.Frames.AsSpan(start, Math.Min(batch, file.Frames.Length - start)));
        }

        shard.Finish();
        output.Flush();
        GC.KeepAlive(file);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed class Writer(Output output) : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) output.Write(record);
        }
    }

    private sealed class Discard : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) { }
    }
}
