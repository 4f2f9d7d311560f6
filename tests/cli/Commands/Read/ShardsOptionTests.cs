using System.Text.RegularExpressions;
using NetSniff.Cli.Commands;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Tests.Pipeline;

namespace NetSniff.Tests.Cli.Commands.Read;

/// <summary>`netsniff read --shards N`: the same lines in another order, the same summary and complaints.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed partial class ShardsOptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netsniff-shards").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("-o jsonl")]
    [InlineData("-o eve")]
    [InlineData("-o table --utc")]
    [InlineData("-o jsonl --where dns --no-flows")]
    [InlineData("-o jsonl --filter udp")]
    public void Lines_are_the_same(string options)
    {
        var words = options.Split(' ');
        var path = Write(LoadedCapture.ToPcap(new MadeUpTraffic(seed: 6).Frames(count: 20_000)));
        var one = NetsniffProcess.Run(["read", path, .. words]);
        var three = NetsniffProcess.Run(["read", path, "--shards", "3", .. words]);
        var again = NetsniffProcess.Run(["read", path, "--shards", "3", .. words]);
        Assert.Equal((ExitCode.Ok, ""), (three.Code, three.Error));
        Assert.Equal(three.Output, again.Output);
        Assert.NotEmpty(one.Output);
        Assert.Equal(Lines(one.Output), Lines(three.Output));
    }

    [Theory]
    [InlineData("-o summary")]
    [InlineData("-n 5 -o jsonl")]
    [InlineData("-o pcapng")]
    public void Whatever_is_one_page_or_one_row_is_the_same_byte_for_byte(string options)
    {
        var path = Write(LoadedCapture.ToPcap(new MadeUpTraffic(seed: 7).Frames(count: 5_000)));
        var one = NetsniffProcess.Run(["read", path, .. options.Split(' ')]);
        var four = NetsniffProcess.Run(["read", path, "--shards", "4", .. options.Split(' ')]);
        Assert.NotEmpty(one.Output);
        Assert.Equal(one, four);
    }

    [Fact]
    public void Batches_hold_the_same_number_of_records()
    {
        var path = Write(LoadedCapture.ToPcap(new MadeUpTraffic(seed: 8).Frames(count: 20_000)));
        var (one, two) = (Path.Combine(_folder, "one"), Path.Combine(_folder, "two"));
        NetsniffProcess.Run("read", path, "-o", "batches", "-w", one);
        NetsniffProcess.Run("read", path, "-o", "batches", "-w", two, "--shards", "2");
        Assert.Equal(Records(one), Records(two));
    }

    [Fact]
    public void A_file_that_is_cut_or_missing_is_told_as_with_one()
    {
        var cut = Write(LoadedCapture.ToPcap(new MadeUpTraffic(seed: 7).Frames(count: 5_000))[..^3]);
        var missing = Path.Combine(_folder, "missing.pcap");
        var one = NetsniffProcess.Run("read", cut, missing, "-o", "jsonl");
        var two = NetsniffProcess.Run("read", cut, missing, "-o", "jsonl", "--shards", "2");
        Assert.Equal(ExitCode.Failed, two.Code);
        Assert.Equal(one.Error, two.Error);
        Assert.Equal(2, two.ErrorLines.Length);
        Assert.Equal(Lines(one.Output), Lines(two.Output));
    }

    /// <summary>Raw IP has no addresses of Ethernet: the filter stands for no program there.</summary>
    [Theory]
    [InlineData("jsonl"), InlineData("summary")]
    public void A_filter_that_does_not_fit_one_file_leaves_the_others(string format)
    {
        var frames = new MadeUpTraffic(seed: 7).Frames(count: 5_000);
        var raw = Write(LoadedCapture.ToPcap([.. frames.Select(static frame => frame with
        {
            Bytes = frame.Bytes[14..], WireLength = frame.Bytes.Length - 14, LinkType = LinkType.Raw,
        })]));
        var path = Write(LoadedCapture.ToPcap(frames));
        string[] words = ["read", raw, path, raw, "-o", format, "--filter", "not ether host 02:00:00:00:00:99"];
        var one = NetsniffProcess.Run(words);
        var two = NetsniffProcess.Run([.. words, "--shards", "2"]);
        Assert.Equal(ExitCode.Failed, two.Code);
        Assert.Equal(one.Error, two.Error);
        Assert.Equal(Lines(one.Output), Lines(two.Output));
        Assert.NotEmpty(one.Output);
    }

    [Fact]
    public void What_comes_by_a_pipe_is_read_too()
    {
        var path = Write(LoadedCapture.ToPcap(new MadeUpTraffic(seed: 7).Frames(count: 5_000)));
        var one = NetsniffProcess.Run("read", path, "-o", "jsonl");
        var two = NetsniffProcess.Shell($"cat '{path}' | '{NetsniffProcess.Path}' read - -o jsonl --shards 2");
        Assert.Equal((ExitCode.Ok, ""), (two.Code, two.Error));
        Assert.Equal(Lines(one.Output), Lines(two.Output));
    }

    [Fact]
    public void Who_has_seen_enough_of_a_pipe_ends_it_quietly()
    {
        var path = Write(LoadedCapture.ToPcap(new MadeUpTraffic(seed: 6).Frames(count: 20_000)));
        var end = NetsniffProcess.Shell($"'{NetsniffProcess.Path}' read '{path}' -o jsonl --shards 2 | head -n 1");
        Assert.Equal("", end.Error);
        Assert.Single(end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("0"), InlineData("65"), InlineData("two"), InlineData("-1")]
    public void Other_numbers_are_refused(string number)
    {
        var end = NetsniffProcess.Run("read", "any.pcap", $"--shards={number}");
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains("--shards is a whole number from 1 to 64", end.Error, StringComparison.Ordinal);
    }

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder, $"{Directory.GetFiles(_folder).Length}.pcap");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Each batch says its version and how many records it holds.</summary>
    private static long Records(string path)
    {
        var (bytes, records) = (File.ReadAllBytes(path), 0L);
        for (var at = 0; at < bytes.Length; at += sizeof(int) + BitConverter.ToInt32(bytes, at))
        {
            for (var (shift, from) = (0, at + sizeof(int) + 1); ; shift += 7, from++)
            {
                records += (long)(bytes[from] & 0x7f) << shift;
                if ((bytes[from] & 0x80) == 0) break;
            }
        }

        return records;
    }

    /// <summary>Sorted, without the numbers of flows and without blanks, of which a table makes as many as the lines
    /// before asked for.</summary>
    private static string[] Lines(string output) =>
        [.. Incidental().Replace(output, "").Split('\n').Order(StringComparer.Ordinal)];

    [GeneratedRegex("\"flow[._]id\":[0-9]+,?| +")]
    private static partial Regex Incidental();
}
