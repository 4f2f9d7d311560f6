using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using NetSniff.Json;
using NetSniff.Pipeline;
using NetSniff.Storage;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Keeping;

/// <summary>Capture files of findings and sessions, on this worker's disk for a while: bounded in number, bytes and
/// age, the oldest makes room.</summary>
/// <remarks>A file lies beside one that says what it is; it is there once both are. Any thread may ask.</remarks>
public sealed class KeptFiles
{
    public const int FilesMax = 1024;

    /// <summary>Of all files together.</summary>
    public const long BytesMax = 2L << 30;

    /// <summary>How long files of findings are kept.</summary>
    public static readonly TimeSpan FindingKept = TimeSpan.FromDays(1);

    public static readonly TimeSpan KeptMax = TimeSpan.FromDays(7);

    private const string About = ".about";
    private const string Content = ".pcapng";
    private const int IdDigits = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, KeptFile> _files = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly long _bytesMax;
    private readonly long _unfinished;
    private long _overwritten;
    private long _kept;

    /// <summary>Makes the folder, and finds what an earlier run kept. What it had not finished is deleted.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public KeptFiles(string folder, TimeProvider clock, long bytesMax = BytesMax)
    {
        (_folder, _clock, _bytesMax) = (folder, clock, bytesMax);
        OwnerFolder.Make(folder);
        foreach (var part in Directory.EnumerateFiles(folder, $"*{Content}.part"))
        {
            File.Delete(part);
            _unfinished++;
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*" + Content))
        {
            var id = Path.GetFileNameWithoutExtension(path);
            if (Read(id) is { } file)
            {
                _files[id] = file;
                continue;
            }

            Delete(id);
            _unfinished++;
        }

        Expire();
    }

    public int Count
    {
        get
        {
            lock (_lock) return _files.Count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock) return _files.Values.Sum(static file => (long)file.Bytes);
        }
    }

    /// <summary>The file of a finding, or that of a session with the name; null where it is not here.</summary>
    public KeptFile? Find(FetchRequest asked)
    {
        Expire();
        lock (_lock) return _files.GetValueOrDefault(IdOf(asked.Finding, asked.Session, asked.Name));
    }

    /// <exception cref="IOException">It went meanwhile.</exception>
    public FileStream Open(KeptFile file) => new(
        PathOf(IdOf(file), Content), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1,
        useAsync: true);

    /// <summary>A file to be written; it is there once <see cref="KeptWriting.Finish"/> was called.</summary>
    /// <param name="file">What it is for.</param>
    public KeptWriting Begin(KeptFile file) => new(this, file, PathOf(IdOf(file), Content + ".part"));

    /// <returns>How many there were.</returns>
    public int Forget(string session)
    {
        lock (_lock)
        {
            var gone = _files.Where(one => one.Value.Session == session).Select(static one => one.Key).ToList();
            foreach (var id in gone) Remove(id);
            return gone.Count;
        }
    }

    public IEnumerable<LedgerLine> Ledger() =>
    [
        new("captures", "files kept", Interlocked.Read(ref _kept), false),
        new("captures", "files that an earlier run had not finished", _unfinished, true),
        new("captures", "files that made room before their time", Interlocked.Read(ref _overwritten), true),
    ];

    internal void Put(KeptFile file, string part)
    {
        var id = IdOf(file);
        lock (_lock)
        {
            Remove(id);
            File.Move(part, PathOf(id, Content), overwrite: true);
            File.WriteAllBytes(PathOf(id, About), file.ToByteArray());
            _files[id] = file;
            Interlocked.Increment(ref _kept);
            MakeRoom(id);
        }
    }

    private void MakeRoom(string newest)
    {
        var bytes = _files.Values.Sum(static file => (long)file.Bytes);
        foreach (var (id, file) in _files.OrderBy(static one => one.Value.CreatedNanos).ToList())
        {
            if ((_files.Count <= FilesMax && bytes <= _bytesMax) || id == newest) continue;

            bytes -= (long)file.Bytes;
            Remove(id);
            Interlocked.Increment(ref _overwritten);
        }
    }

    private void Expire()
    {
        var now = Timestamps.Nanos(_clock.GetUtcNow());
        lock (_lock)
        {
            foreach (var (id, file) in _files.ToList())
            {
                if (file.ExpiresNanos <= now) Remove(id);
            }
        }
    }

    private void Remove(string id)
    {
        if (_files.Remove(id)) Delete(id);
    }

    private void Delete(string id)
    {
        File.Delete(PathOf(id, About));
        File.Delete(PathOf(id, Content));
    }

    private KeptFile? Read(string id)
    {
        try
        {
            return KeptFile.Parser.ParseFrom(File.ReadAllBytes(PathOf(id, About)));
        }
        catch (Exception problem) when (problem is IOException or InvalidProtocolBufferException)
        {
            return null; // it was being written when the worker ended
        }
    }

    private static string IdOf(KeptFile file) => IdOf(file.Finding, file.Session, file.Name);

    /// <summary>Names are strangers'; what they are called on disk is ours.</summary>
    private static string IdOf(string finding, string session, string name)
    {
        var key = finding.Length > 0 ? $"finding\0{finding.ToLowerInvariant()}" : $"session\0{session}\0{name}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..IdDigits];
    }

    private string PathOf(string id, string ending) => Path.Combine(_folder, id + ending);
}

/// <summary>A file in the making; deleted where it is not finished.</summary>
public sealed class KeptWriting : IDisposable
{
    private readonly KeptFiles _files;
    private readonly KeptFile _file;
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _isFinished;

    internal KeptWriting(KeptFiles files, KeptFile file, string path)
    {
        (_files, _file, _path) = (files, file.Clone(), path);
        _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        _hash.AppendData(piece.Span);
        _file.Bytes += (ulong)piece.Length;
        await _stream.WriteAsync(piece, cancel).ConfigureAwait(false);
    }

    /// <summary>It is whole.</summary>
    public KeptFile Finish(ulong packets)
    {
        _stream.Dispose();
        _file.Packets = packets;
        _file.Sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
        _files.Put(_file, _path);
        _isFinished = true;
        return _file;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
        if (!_isFinished) File.Delete(_path);
    }
}
