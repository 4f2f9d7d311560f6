using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NetSniff.Cli;

/// <summary>Whoever read our output has gone: `| head` had enough. Not an error.</summary>
internal sealed class OutputClosedException() : IOException("the reader of the output has gone");

/// <summary>The standard output, unbuffered.</summary>
/// <remarks>Not the stream of <see cref="Console"/>: that one takes a broken pipe for success, and we would go on
/// reading for nobody. Not a FileStream either: it writes at offsets of its own, and in `(netsniff …; netsniff …) > x`
/// the second would write over the first.</remarks>
internal sealed partial class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4; // EINTR
    private const int Again = 11; // EAGAIN, of a pipe that somebody else made non-blocking; 35 on macOS
    private const int AgainOnMac = 35;
    private const int BrokenPipe = 32; // EPIPE

    private StandardOutput() { }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static Stream Open() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new StandardOutput();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var position = 0;
            while (position < buffer.Length)
            {
                var written = write(Descriptor, start + position, buffer.Length - position);
                if (written >= 0) position += (int)written;
                else Bear(Marshal.GetLastPInvokeError());
            }
        }
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void Bear(int error)
    {
        switch (error)
        {
            case Interrupted:
                return;
            case Again or AgainOnMac:
                Thread.Sleep(1);
                return;
            case BrokenPipe:
                throw new OutputClosedException();
            default:
                throw new IOException(new Win32Exception(error).Message);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* bytes, nint count);
}
