using System.Security.Cryptography;
using NetSniff.Json;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Keeping;

namespace NetSniff.Tests.Worker.Serve.Keeping;

/// <summary>Files are there once they are whole, as long as they should be, and never more than there is room for.
/// </summary>
public sealed class KeptFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_found_by_what_it_was_made_for_also_after_a_start()
    {
        var files = Open();
        var bytes = Bytes(100_000);
        var kept = await KeepAsync(files, NewFile(session: "shop/web", name: "web.pcapng"), bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), kept.Sha256);
        foreach (var now in (KeptFiles[])[files, Open()])
        {
            var found = now.Find(new FetchRequest { Session = "shop/web", Name = "web.pcapng" });
            Assert.Equal(kept, found);
            using var stream = now.Open(found!);
            var read = new byte[bytes.Length];
            await stream.ReadExactlyAsync(read);
            Assert.Equal(bytes, read);
            Assert.Null(now.Find(new FetchRequest { Session = "shop/web", Name = "../../etc/passwd" }));
            Assert.Null(now.Find(new FetchRequest { Session = "bank/web", Name = "web.pcapng" }));
            Assert.Null(now.Find(new FetchRequest { Finding = "shop/web" }));
        }
    }

    [Fact]
    public async Task What_is_not_whole_is_not_there_and_leaves_nothing()
    {
        var files = Open();
        using (var writing = files.Begin(NewFile(finding: "ab")))
        {
            await writing.WriteAsync(Bytes(10), default);
            Assert.Null(files.Find(new FetchRequest { Finding = "ab" }));
        }

        Assert.Empty(Directory.GetFiles(_folder["captures"]));
        // Killed between the file and what says what it is.
        File.WriteAllBytes(Path.Combine(_folder["captures"], new string('0', 32) + ".pcapng"), Bytes(10));
        File.WriteAllBytes(Path.Combine(_folder["captures"], new string('1', 32) + ".pcapng.part"), Bytes(10));
        var again = Open();
        Assert.Equal(0, again.Count);
        Assert.Equal(2, Count(again, "files that an earlier run had not finished"));
        Assert.Empty(Directory.GetFiles(_folder["captures"]));
    }

    [Fact]
    public async Task It_goes_when_its_time_is_over()
    {
        var files = Open();
        await KeepAsync(files, NewFile(finding: "AB"), Bytes(10));
        Assert.NotNull(files.Find(new FetchRequest { Finding = "ab" }));
        _clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Null(files.Find(new FetchRequest { Finding = "ab" }));
        Assert.Empty(Directory.GetFiles(_folder["captures"]));
    }

    [Fact]
    public async Task The_oldest_makes_room_and_that_is_counted()
    {
        var files = Open(bytesMax: 250);
        foreach (var finding in (string[])["a1", "a2", "a3"])
        {
            await KeepAsync(files, NewFile(finding: finding), Bytes(100));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, files.Count);
        Assert.Null(files.Find(new FetchRequest { Finding = "a1" }));
        Assert.Equal(1, Count(files, "files that made room before their time"));
        // One that is larger than all is kept alone: it was just asked for.
        await KeepAsync(files, NewFile(finding: "a4"), Bytes(300));
        Assert.Equal((1, 300), (files.Count, files.Bytes));
    }

    [Fact]
    public async Task Files_of_a_session_go_together()
    {
        var files = Open();
        await KeepAsync(files, NewFile(session: "shop/web", name: "a"), Bytes(1));
        await KeepAsync(files, NewFile(session: "shop/web", name: "b"), Bytes(1));
        await KeepAsync(files, NewFile(session: "shop/cart", name: "a"), Bytes(1));
        Assert.Equal(2, files.Forget("shop/web"));
        Assert.Equal(1, files.Count);
    }

    private static long Count(KeptFiles files, string reason) =>
        files.Ledger().Single(line => line.Reason == reason).Count;

    private KeptFiles Open(long bytesMax = KeptFiles.BytesMax) => new(_folder["captures"], _clock, bytesMax);

    private KeptFile NewFile(string finding = "", string session = "", string name = "")
    {
        var now = _clock.GetUtcNow();
        return new KeptFile
        {
            Finding = finding, Session = session, Name = name, CreatedNanos = Timestamps.Nanos(now),
            ExpiresNanos = Timestamps.Nanos(now + TimeSpan.FromHours(1)), Namespaces = { "shop" },
        };
    }

    private static async Task<KeptFile> KeepAsync(KeptFiles files, KeptFile file, byte[] bytes)
    {
        using var writing = files.Begin(file);
        await writing.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), default);
        await writing.WriteAsync(bytes.AsMemory(bytes.Length / 2), default);
        return writing.Finish(7);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(7).NextBytes(bytes);
        return bytes;
    }
}
