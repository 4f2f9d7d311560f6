using System.Runtime.InteropServices;

namespace NetSniff.Sensor.Capture.PcapFile;

/// <summary>Reads zstd (RFC 8878) by libzstd, frame after frame.</summary>
internal sealed unsafe partial class ZstdStream : Stream
{
    public const string MissingLibrary =
        "zstd needs the library libzstd.so.1: install libzstd1 (Debian, Ubuntu), libzstd (Fedora) or zstd (Alpine, brew)";

    private const string Library = NativeLibraries.Zstd;
    private const int InputBytes = 128 << 10; // what ZSTD_DStreamInSize recommends

    private readonly Stream _compressed;
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(InputBytes, pinned: true);
    private nint _decoder;
    private nuint _inputPosition;
    private nuint _inputLength;
    private bool _isInsideFrame;
    private bool _holdsOutput;

    public ZstdStream(Stream compressed)
    {
        if (!IsSupported) throw new CaptureException(MissingLibrary);
        _compressed = compressed;
        _decoder = Create();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Piece
    {
        public byte* Start;
        public nuint Length;
        public nuint Position;
    }

    public static bool IsSupported => NativeLibraries.Has(Library);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;

        fixed (byte* target = buffer)
        {
            while (true)
            {
                if (_inputPosition == _inputLength && !_holdsOutput && !Refill()) return 0;

                var output = new Piece { Start = target, Length = (nuint)buffer.Length };
                fixed (byte* source = _input)
                {
                    var input = new Piece { Start = source, Length = _inputLength, Position = _inputPosition };
                    var hint = Decompress(_decoder, ref output, ref input);
                    if (IsError(hint) != 0) throw new InvalidDataException(ErrorName(hint));

                    _inputPosition = input.Position;
                    _isInsideFrame = hint != 0;
                    _holdsOutput = _isInsideFrame && output.Position == output.Length;
                }

                if (output.Position > 0) return (int)output.Position;
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_decoder != 0) Free(_decoder);
        _decoder = 0;
        if (disposing) _compressed.Dispose();
        base.Dispose(disposing);
    }

    private bool Refill()
    {
        _inputPosition = 0;
        _inputLength = (nuint)_compressed.Read(_input, 0, _input.Length);
        if (_inputLength > 0) return true;
        if (_isInsideFrame) throw new EndOfStreamException();
        return false;
    }

    private static string ErrorName(nuint code) => Marshal.PtrToStringUTF8(NameOf(code)) ?? "damaged";

    [LibraryImport(Library, EntryPoint = "ZSTD_createDStream")]
    private static partial nint Create();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDStream")]
    private static partial nuint Free(nint decoder);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint Decompress(nint decoder, ref Piece output, ref Piece input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint NameOf(nuint code);
}
