using System.Buffers.Binary;
using NetSniff.Cli.Commands;
using NetSniff.Fuzz.Captures;

namespace NetSniff.Tests.Cli.Commands;

/// <summary>The program and what cannot be: one line that names the file, the place or the column, and what to do; and
/// whatever came before the damage.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class BadInputTests : IDisposable
{
    private const int PcapHeaderBytes = 24;

    private readonly string _folder = Directory.CreateTempSubdirectory("netsniff-bad").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_of_another_kind_is_named_with_its_first_bytes()
    {
        var path = Write("note.txt", "hello there"u8.ToArray());
        Refused(NetsniffProcess.Run("read", path), $"netsniff: {path} is not a capture file", "68 65 6c 6c", "pcapng");
    }

    [Theory]
    [InlineData("--wher", "no option --wher")]
    [InlineData("-x", "no option -x")]
    public void A_mistyped_option_is_no_file(string argument, string said)
    {
        var end = NetsniffProcess.Run("read", Write("good.pcap", LoadedCapture.ToPcap(Handmade.Capture())), argument);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(said, end.Error, StringComparison.Ordinal);
        Assert.Empty(end.Output);
    }

    [Theory]
    [InlineData("up", "--rules")]
    [InlineData("up", "--names")]
    [InlineData("worker", "--rules")]
    [InlineData("worker", "--names")]
    [InlineData("read", "--rules")]
    [InlineData("read", "--names")]
    public void A_path_that_leads_nowhere_is_refused_before_anything_begins(string command, string option)
    {
        var nowhere = Path.Combine(_folder, "nowhere");
        var data = Path.Combine(_folder, "data");
        string[] rest = command switch
        {
            "up" => ["--data", data],
            "worker" => ["--data", data, "--tls", _folder],
            _ => [Write("good.pcap", LoadedCapture.ToPcap(Handmade.Capture()))],
        };
        var end = NetsniffProcess.Run([command, .. rest, option, nowhere]);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(option, end.Error, StringComparison.Ordinal);
        Assert.Contains(nowhere, end.Error, StringComparison.Ordinal);
        Assert.Empty(end.Output);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public void A_file_is_not_emptied_for_one_that_is_not_there()
    {
        var kept = Write("kept.pcapng", [1, 2, 3]);
        var end = NetsniffProcess.Run("read", Path.Combine(_folder, "nowhere.pcap"), "-w", kept);
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("nowhere.pcap does not exist", end.Error, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(kept));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("read --help")]
    [InlineData("--version")]
    public void Help_that_cannot_be_written_is_told(string arguments)
    {
        var end = NetsniffProcess.Shell($"'{NetsniffProcess.Path}' {arguments} >/dev/full");
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("No space left", Assert.Single(end.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out.pcap", ".pcapng for packets")]
    [InlineData("out.parquet", "netsniff export")]
    public void What_is_not_written_is_not_written_as_something_else(string name, string instead)
    {
        var target = Path.Combine(_folder, name);
        var end = NetsniffProcess.Run(
            "read", Write("good.pcap", LoadedCapture.ToPcap(Handmade.Capture())), "-w", target);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(instead, end.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.False(File.Exists(target));
    }

    [Fact]
    public void An_empty_file_is_said_to_be_empty() =>
        Refused(NetsniffProcess.Run("read", Write("empty.pcap", [])), "empty.pcap is empty");

    [Fact]
    public void A_file_cut_short_gives_what_came_before()
    {
        var whole = LoadedCapture.ToPcap(Handmade.Capture());
        var path = Write("cut.pcap", whole[..^10]);
        var end = NetsniffProcess.Run("read", path, "-o", "jsonl");
        Refused(end, path, "at byte", "cut short");
        Assert.Contains("\"kind\":\"http\"", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_length_that_cannot_be_gives_the_place_and_what_came_before()
    {
        var bytes = LoadedCapture.ToPcap(Handmade.Capture());
        var last = LastRecord(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(last + 8), 0x7FFF_FFFF);
        var end = NetsniffProcess.Run("read", Write("damaged.pcap", bytes), "-o", "jsonl");
        Refused(end, "damaged.pcap", $"at byte {last}", "2147483647");
        Assert.Contains("\"kind\":\"http\"", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_files_behind_a_bad_one_are_read()
    {
        var good = Write("good.pcap", LoadedCapture.ToPcap(Handmade.Capture()));
        var end = NetsniffProcess.Run("read", Path.Combine(_folder, "missing.pcap"), good, "-o", "jsonl");
        Refused(end, "missing.pcap does not exist");
        Assert.Contains("\"kind\":\"http\"", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_file_cut_short_is_told_as_such()
    {
        var plain = Write("packed.pcap", LoadedCapture.ToPcap(Handmade.Capture()));
        Assert.Equal(0, NetsniffProcess.Shell($"gzip -c '{plain}' | head -c 700 > '{plain}.gz'").Code);
        Refused(NetsniffProcess.Run("read", plain + ".gz"), "packed.pcap.gz (unpacked)", "cut short");
    }

    [Fact]
    public void A_directory_is_not_read() =>
        Refused(NetsniffProcess.Run("read", _folder), $"netsniff: {_folder} is a directory", "name a capture file");

    [Fact]
    public void A_file_that_may_not_be_read_says_permission()
    {
        var path = Write("secret.pcap", LoadedCapture.ToPcap(Handmade.Capture()));
        File.SetUnixFileMode(path, UnixFileMode.None);
        File.SetUnixFileMode(_folder, Everybody);
        var end = AsNobody($"read '{path}'");
        Refused(end, "secret.pcap", "permission denied");
    }

    [Fact]
    public void A_missing_interface_is_named_and_the_remedy_too() =>
        Refused(NetsniffProcess.Run("live", "-i", "nosuch0"), "nosuch0");

    [Fact]
    public void Without_the_capability_live_says_what_to_grant()
    {
        var end = AsNobody("live -i lo");
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("CAP_NET_RAW", end.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_bad_packet_filter_is_quoted()
    {
        var end = NetsniffProcess.Run("read", AnyCapture(), "--filter", "tcp prot 80");
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.StartsWith("netsniff: --filter: filter 'tcp prot 80':", end.Error, StringComparison.Ordinal);
        Assert.Single(end.ErrorLines);
    }

    [Fact]
    public void A_bad_condition_shows_the_column()
    {
        var end = NetsniffProcess.Run("read", AnyCapture(), "--where", "http.status = = 5");
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.StartsWith("netsniff: --where:", end.Error, StringComparison.Ordinal);
        Assert.Contains("column", end.Error, StringComparison.Ordinal);
        Assert.Contains("^", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_seen_enough_is_no_error()
    {
        var end = NetsniffProcess.Shell(
            $"{{ '{NetsniffProcess.Path}' read '{LargeCapture()}' -o jsonl; echo code $? >&2; }} "
            + "| head -n 1 > /dev/null");
        Assert.Equal("code 0", end.Error.Trim());
    }

    [Fact]
    public void A_full_disk_is_told()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        var end = NetsniffProcess.Run("read", AnyCapture(), "-o", "jsonl", "-w", "/dev/full");
        Refused(end, "No space left on device", "/dev/full");
    }

    [Fact]
    public void A_file_system_that_fills_up_is_told()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may mount the small file system this needs");
        var mount = Path.Combine(_folder, "small");
        Directory.CreateDirectory(mount);
        var program = $"mount -t tmpfs -o size=64k tmpfs '{mount}' || exit 77; "
            + $"'{NetsniffProcess.Path}' read '{LargeCapture()}' -o jsonl -w '{mount}/out.jsonl'";
        var end = NetsniffProcess.Shell($"unshare -m sh -c \"{program}\" || exit $?");
        var isRefused = end.Error.Contains("unshare:", StringComparison.Ordinal)
            || end.Error.Contains("mount:", StringComparison.Ordinal);
        Assert.SkipWhen(isRefused, "may not mount here");
        Refused(end, "No space left on device", "out.jsonl");
    }

    [Fact]
    public void Nothing_to_read_is_a_mistake_of_the_command_line() =>
        Assert.Equal(ExitCode.Usage, NetsniffProcess.Run("read").Code);

    private static UnixFileMode Everybody =>
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static void Refused(NetsniffEnd end, params string[] said)
    {
        Assert.Equal(ExitCode.Failed, end.Code);
        var line = Assert.Single(end.ErrorLines);
        Assert.StartsWith("netsniff: ", line, StringComparison.Ordinal);
        foreach (var text in said) Assert.Contains(text, line, StringComparison.Ordinal);
    }

    /// <summary>Without root's powers. A copy of the program, where the checkout is not open to everybody.</summary>
    private NetsniffEnd AsNobody(string arguments)
    {
        if (Environment.UserName != "root") return NetsniffProcess.Shell($"'{NetsniffProcess.Path}' {arguments}");

        Assert.SkipUnless(File.Exists("/usr/bin/setpriv") || File.Exists("/bin/setpriv"), "no setpriv here");
        File.SetUnixFileMode(_folder, Everybody);
        var program = Path.Combine(_folder, "program");
        Assert.Equal(0, NetsniffProcess.Shell(
            $"mkdir '{program}' && cd '{AppContext.BaseDirectory}' && cp *.dll netsniff* '{program}' "
            + $"&& chmod -R go+rX '{program}'").Code);
        return NetsniffProcess.Shell(
            $"cd / && HOME='{_folder}' setpriv --reuid 65534 --regid 65534 --clear-groups "
            + $"'{program}/netsniff' {arguments}");
    }

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string AnyCapture() => Write("any.pcap", LoadedCapture.ToPcap(Handmade.Capture()));

    /// <summary>Enough records to fill a pipe and a small disk many times.</summary>
    private string LargeCapture()
    {
        var frames = new List<CapturedFrame>();
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = Handmade.Datagrams[0].Bytes;
            var ends = new Ends(
                NetSniff.Packets.Address.FromBytes([10, 0, (byte)(round >> 8), (byte)round]),
                NetSniff.Packets.Address.FromBytes([10, 1, 0, 1]), 40_000, 53);
            var time = 1_700_000_000_000_000_000 + (round * 1_000_000L);
            frames.Add(FrameBuilder.Ethernet(new Segment(ends, bytes, time)));
        }

        return Write("large.pcap", LoadedCapture.ToPcap(frames));
    }

    private static int LastRecord(byte[] pcap)
    {
        var at = PcapHeaderBytes;
        while (true)
        {
            var next = at + 16 + BinaryPrimitives.ReadInt32LittleEndian(pcap.AsSpan(at + 8));
            if (next >= pcap.Length) return at;
            at = next;
        }
    }
}
