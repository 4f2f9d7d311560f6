using System.Globalization;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture.PcapFile;

/// <summary>Frames of a capture file or pipe: pcap or pcapng, plain or packed with gzip or zstd.</summary>
public sealed unsafe partial class PcapFileCapture : PacketCapture, ICaptureBackend
{
    private readonly FileSource _source;
    private readonly FrameReader _reader;
    private readonly CaptureFilter? _filter;
    private readonly SlidingWindow _ownWindow = new();
    private readonly bool _isFollowed;
    private SlidingWindow _window;
    private CaptureProblem? _problem;
    private long _received;
    private long _filtered;
    private long _recordedDrops;
    private bool _hasEnded;
    private bool _isStopped;

    private PcapFileCapture(FileSource source, CaptureFilter? filter, bool isFollowed)
    {
        _source = source;
        _window = _ownWindow;
        _filter = filter;
        _isFollowed = isFollowed && !source.IsPacked;
        _reader = FrameReader.TryOpen(source.Head)!;
    }

    public static CaptureBackendInfo Info { get; } = new(
        "pcap-file", "Reads pcap and pcapng files, also packed with gzip or zstd, and pipes", "");

    public override string Name => _source.Name;

    public override IReadOnlyList<CaptureInterface> Interfaces => _reader.Interfaces;

    public override CaptureProblem? Problem => _problem;

    public override long? BytesTotal => _source.Size;

    public override double? Progress =>
        _source.Size is > 0 and var size && !_isFollowed ? Math.Min(1.0, (double)_source.RawPosition / size) : null;

    /// <summary>Frames the filter left out are counted as filtered; dropped are those that whoever captured the file
    /// says it lost.</summary>
    public override CaptureCounters Counters => new(
        Volatile.Read(ref _received), Volatile.Read(ref _filtered),
        [new NamedCount("recorded", "lost-when-captured", Volatile.Read(ref _recordedDrops))]);

    /// <summary>The format and what it has to say beside frames: names, secrets, statistics.</summary>
    public FrameReader Reader => _reader;

    /// <summary>Whether the file was compressed, so that places in it are not places on disk.</summary>
    public bool IsPacked => _source.IsPacked;

    public static CaptureSupport Support() => CaptureSupport.Yes;

    /// <param name="path">A file, or `-` for standard input.</param>
    /// <param name="isFollowed">Wait for more at the end instead of ending; plain files only.</param>
    /// <param name="cancel">Ends the wait for a pipe that says nothing yet, and for a packed one that stalls.</param>
    /// <exception cref="CaptureException">It is missing, may not be read, or is no capture file.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static PcapFileCapture Open(
        string path, CaptureFilter? filter = null, bool isFollowed = false, CancellationToken cancel = default) =>
        new(FileSource.Open(path, cancel), filter, isFollowed);

    /// <summary>Reads from a stream, which becomes the capture's.</summary>
    public static PcapFileCapture Open(Stream stream, string name, CaptureFilter? filter = null) =>
        new(FileSource.Open(name, stream, size: null), filter, isFollowed: false);

    public override int Receive(Span<Frame> frames, TimeSpan wait)
    {
        while (!_hasEnded && !Volatile.Read(ref _isStopped))
        {
            var count = _reader.Read(_window.Start, _window.Length, frames, out var consumed);
            _window.Consume(consumed);
            NoteDrops();

            if (count > 0)
            {
                // A batch that was filtered out whole is a moment to look up for the caller, who may want to stop.
                return Accept(frames, count);
            }

            if (_reader.Problem is { } damage)
            {
                End(damage);
            }
            else if (!IsReady(wait))
            {
                return 0;
            }
            else if (!TryFill())
            {
                if (_isFollowed && !_hasEnded) return WaitForGrowth(wait);
                if (!_hasEnded) End(damage: null);
            }
        }

        return -1;
    }

    /// <summary>Ends at once: what was not read yet stays in the file.</summary>
    public override void Stop() => Volatile.Write(ref _isStopped, true);

    public override void Release()
    {
        // The window keeps what it shows until the next fill, which only Receive does.
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;

        _hasEnded = true;
        _source.Dispose();
        _ownWindow.Dispose();
    }

    private void NoteDrops()
    {
        if (_reader is PcapngReader { Statistics.Count: > 0 } reader)
        {
            Volatile.Write(ref _recordedDrops, reader.RecordedDrops);
        }
    }

    private int Accept(Span<Frame> frames, int count)
    {
        var accepted = count;
        if (_filter is { } filter)
        {
            accepted = 0;
            for (var index = 0; index < count; index++)
            {
                if (filter.Accepts(in frames[index])) frames[accepted++] = frames[index];
            }

            Volatile.Write(ref _filtered, _filtered + count - accepted);
        }

        Volatile.Write(ref _received, _received + accepted);
        return accepted;
    }

    private bool IsReady(TimeSpan wait)
    {
        if (_source.PollDescriptor is not { } descriptor) return true;

        return LibC.Wait([new LibC.PollEntry { Descriptor = descriptor, Events = LibC.PollIn }], wait);
    }

    private bool TryFill(bool staysPut = false)
    {
        try
        {
            return staysPut ? _window.Append(_source.Bytes) : _window.Fill(_source.Bytes, _reader.Needed);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            // Where the packed bytes went wrong is known only to within a read of the decompressor.
            var packing = FileSource.NameOf(_source.Packing);
            var what = exception is EndOfStreamException
                ? Say($"cut short after {_source.RawPosition} bytes")
                : Say($"damaged before byte {_source.RawPosition}");
            Stop($"{Name}: the {packing} data is {what}; what came before was read");
        }
        catch (OperationCanceledException)
        {
            // A packed pipe that stalls inside: what came before was read, and nothing is wrong with it.
            _hasEnded = true;
        }
        catch (IOException exception)
        {
            Stop(Say($"{Name}: reading failed at byte {_source.RawPosition}: {exception.Message}"));
        }

        return false;
    }

    private int WaitForGrowth(TimeSpan wait)
    {
        if (_source.IsCut)
        {
            Stop(Say($"{Name} was cut or begun anew while it was followed: start again to read what is there now"));
            return -1;
        }

        // inotify would be quicker; a person who looks at a growing file does not see the difference.
        Thread.Sleep(wait);
        return 0;
    }

    private void End(PcapProblem? damage)
    {
        if (damage is null)
        {
            _reader.End(_window.Length);
            damage = _reader.Problem;
        }

        _hasEnded = true;
        if (damage is null) return;

        var where = _source.IsPacked ? $"{Name} (unpacked)" : Name;
        _problem = new CaptureProblem($"{where}: {damage.Text}", _source.IsPacked ? null : damage.Offset);
    }

    private void Stop(string text)
    {
        _hasEnded = true;
        _problem = new CaptureProblem(text);
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
