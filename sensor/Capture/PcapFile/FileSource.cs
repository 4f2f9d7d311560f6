using System.Globalization;
using System.IO.Compression;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.PcapFile;

/// <summary>A capture file opened: what it is, by its content, and the bytes it unfolds to.</summary>
internal sealed class FileSource : IDisposable
{
    public const string StandardInput = "-";

    private readonly CountedStream _raw;
    private readonly Func<long>? _lengthNow;

    private FileSource(
        string name, CountedStream raw, Stream bytes, byte[] head, long? size, CaptureFormat packing,
        Func<long>? lengthNow)
    {
        (Name, _raw, Bytes, Head, Size, Packing, _lengthNow) = (name, raw, bytes, head, size, packing, lengthNow);
    }

    public string Name { get; }

    /// <summary>The bytes of the capture, unpacked.</summary>
    public Stream Bytes { get; }

    /// <summary>Its first bytes, which <see cref="Bytes"/> gives again.</summary>
    public byte[] Head { get; }

    /// <summary>On disk; null for a pipe.</summary>
    public long? Size { get; }

    /// <summary>What it is packed with, or the format itself.</summary>
    public CaptureFormat Packing { get; }

    public bool IsPacked => Packing is CaptureFormat.Gzip or CaptureFormat.Zstd;

    /// <summary>Of a pipe that is not packed: what to wait on before reading would block.</summary>
    public int? PollDescriptor { get; private init; }

    /// <summary>Bytes taken of the file as it lies on disk.</summary>
    public long RawPosition => _raw.Position;

    /// <summary>Whether the file has become shorter than what was read of it.</summary>
    public bool IsCut => _lengthNow is { } length && length() < RawPosition;

    /// <param name="cancel">Ends the wait for a pipe that has said nothing yet.</param>
    /// <exception cref="OperationCanceledException">It did.</exception>
    public static FileSource Open(string path, CancellationToken cancel = default)
    {
        if (path == StandardInput)
        {
            var wait = new PipeWait(0, cancel);
            var input = Open("standard input", Console.OpenStandardInput(), size: null, wait);
            return input.IsPacked || OperatingSystem.IsWindows() ? input : input.With(descriptor: 0);
        }

        if (Directory.Exists(path)) throw new CaptureException($"{path} is a directory: name a capture file in it");

        try
        {
            // No buffer of the stream's own: the window is one.
            var options = new FileStreamOptions
            {
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            };
            var file = new FileStream(path, options);
            if (file.CanSeek) return Open(path, file, file.Length);

            var descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
            var pipe = Open(path, file, size: null, new PipeWait(descriptor, cancel));
            return pipe.IsPacked || OperatingSystem.IsWindows() ? pipe : pipe.With(descriptor);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CaptureException($"{path} does not exist", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new CaptureException($"{path} may not be read by this user: permission denied", exception);
        }
        catch (IOException exception)
        {
            throw new CaptureException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Looks at the first bytes and unpacks if need be.</summary>
    public static FileSource Open(string name, Stream stream, long? size) => Open(name, stream, size, wait: null);

    private static FileSource Open(string name, Stream stream, long? size, PipeWait? wait)
    {
        try
        {
            var head = TakeHead(stream, wait);
            if (head.Length == 0) throw new CaptureException($"{name} is empty: there is nothing to read");

            Func<long>? lengthNow = size is null ? null : () => stream.Length;
            var packing = CaptureFormats.Recognise(head);
            var isPacked = packing is CaptureFormat.Gzip or CaptureFormat.Zstd;

            // Of a pipe that is not packed the capture itself sees whether there is anything.
            var raw = new CountedStream(head, stream, isPacked && wait is not null ? wait.UntilReadable : null);
            if (!isPacked)
            {
                return new FileSource(name, raw, raw, Checked(name, head, ""), size, packing, lengthNow);
            }

            var unpacked = packing == CaptureFormat.Gzip
                ? (Stream)new GZipStream(raw, CompressionMode.Decompress)
                : new ZstdStream(raw);
            var inside = Checked(name, TakeHead(unpacked), $" inside its {NameOf(packing)}");
            return new FileSource(name, raw, new CountedStream(inside, unpacked), inside, size, packing, lengthNow);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            stream.Dispose();
            throw new CaptureException($"{name} is compressed and damaged at its beginning: copy it again", exception);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public static string NameOf(CaptureFormat packing) => packing == CaptureFormat.Gzip ? "gzip" : "zstd";

    public void Dispose() => Bytes.Dispose();

    private FileSource With(int descriptor) =>
        new(Name, _raw, Bytes, Head, Size, Packing, _lengthNow) { PollDescriptor = descriptor };

    private static byte[] TakeHead(Stream stream, PipeWait? wait = null)
    {
        var head = new byte[CaptureFormats.HeadBytes];
        var (length, read) = (0, 0);
        do
        {
            wait?.UntilReadable();
            read = stream.Read(head, length, head.Length - length);
            length += read;
        }
        while (read > 0 && length < head.Length);
        return head[..length];
    }

    /// <summary>Reading from a pipe before somebody writes would end for no signal.</summary>
    private sealed class PipeWait(int descriptor, CancellationToken cancel)
    {
        private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

        /// <exception cref="OperationCanceledException">There was a signal.</exception>
        public void UntilReadable()
        {
            if (OperatingSystem.IsWindows() || !cancel.CanBeCanceled) return;

            var entry = new LibC.PollEntry { Descriptor = descriptor, Events = LibC.PollIn };
            do cancel.ThrowIfCancellationRequested();
            while (!LibC.Wait([entry], s_look));
        }
    }

    private static byte[] Checked(string name, byte[] head, string where)
    {
        if (CaptureFormats.Recognise(head) is CaptureFormat.Pcap or CaptureFormat.Pcapng) return head;
        if (head.Length == 0) throw new CaptureException($"{name} has nothing{where}, or is cut short: copy it again");

        var first = string.Join(' ', head.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));
        throw new CaptureException(
            $"{name} is not a capture file{where}: first bytes {first}; pcap, pcapng, gzip and zstd are read");
    }
}
