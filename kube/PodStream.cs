using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace NetSniff.Kube;

/// <summary>A connection to a port of a pod, through the API server and the node's kubelet, as `kubectl port-forward`
/// makes one.</summary>
/// <remarks>Over a WebSocket with kubelet's protocol of channels: the first byte of a message says whose it is, 0 for
/// what the pod says, 1 for what went wrong. Each channel begins with the port, in two bytes. All servers from 1.20 to
/// 1.36 speak it; there is no half-close, which TLS does not need.</remarks>
public sealed class PodStream : Stream
{
    private const string Protocol = "v4.channel.k8s.io";
    private const byte DataChannel = 0, ErrorChannel = 1;
    private const int PortBytes = 2;

    /// <summary>Of one message that we send; servers take at least 32 KiB.</summary>
    private const int MessageMax = 16 * 1024;

    /// <summary>Of what went wrong.</summary>
    private const int ErrorMax = 4 * 1024;

    private static readonly TimeSpan s_alive = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket;
    private readonly StringBuilder _error = new();
    private readonly byte[] _sending = new byte[MessageMax + 1];
    private readonly byte[] _channel = new byte[1];
    private readonly int[] _portLeft = [PortBytes, PortBytes];
    private int _current;
    private bool _isInside;

    private PodStream(ClientWebSocket socket) => _socket = socket;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <param name="invoker">With the certificates, the proxy and the headers that the server wants to see.</param>
    /// <param name="request">Where to, and who we are.</param>
    internal static async Task<PodStream> OpenAsync(
        HttpMessageInvoker invoker, HttpRequestMessage request, CancellationToken cancel)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Protocol);
            socket.Options.KeepAliveInterval = s_alive;
            socket.Options.CollectHttpResponseDetails = true;
            foreach (var (name, values) in request.Headers)
            {
                socket.Options.SetRequestHeader(name, string.Join(", ", values));
            }

            var address = new UriBuilder(request.RequestUri!)
            {
                Scheme = request.RequestUri!.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs,
            };
            await socket.ConnectAsync(address.Uri, invoker, cancel).ConfigureAwait(false);
            return new PodStream(socket);
        }
        catch (WebSocketException problem)
        {
            var words = WordsOf(socket.HttpStatusCode, problem);
            socket.Dispose();
            throw new ClusterException(words, problem) { Status = (int)socket.HttpStatusCode };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0) return 0;

        while (true)
        {
            if (!_isInside && !await NextAsync(cancellationToken).ConfigureAwait(false)) return 0;

            var part = await ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close) return End();

            _isInside = !part.EndOfMessage;
            var count = WithoutPort(buffer.Span[..part.Count]);
            if (_current == DataChannel && count > 0) return count;
            if (_current == ErrorChannel) Hear(buffer.Span[..count]);
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var count = Math.Min(buffer.Length, MessageMax);
            _sending[0] = DataChannel;
            buffer.Span[..count].CopyTo(_sending.AsSpan(1));
            try
            {
                await _socket.SendAsync(
                    _sending.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (WebSocketException problem)
            {
                throw new IOException(Cut(problem), problem);
            }

            buffer = buffer[count..];
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // Without a farewell: whoever is behind it has been told by TLS, and a server that is gone answers none.
        if (disposing) _socket.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The byte that says whose the next message is.</summary>
    /// <returns>False at the end.</returns>
    private async ValueTask<bool> NextAsync(CancellationToken cancel)
    {
        var part = await ReceiveAsync(_channel, cancel).ConfigureAwait(false);
        if (part.MessageType == WebSocketMessageType.Close)
        {
            End();
            return false;
        }

        _current = part.Count == 0 ? DataChannel : _channel[0];
        _isInside = !part.EndOfMessage;
        return true;
    }

    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancel).ConfigureAwait(false);
        }
        catch (WebSocketException problem)
        {
            throw new IOException(Cut(problem), problem);
        }
    }

    /// <summary>Moves what comes behind the port to the front.</summary>
    private int WithoutPort(Span<byte> part)
    {
        if (_current is not (DataChannel or ErrorChannel)) return part.Length;

        var skipped = Math.Min(_portLeft[_current], part.Length);
        _portLeft[_current] -= skipped;
        if (skipped > 0) part[skipped..].CopyTo(part);
        return part.Length - skipped;
    }

    private void Hear(ReadOnlySpan<byte> text)
    {
        if (_error.Length < ErrorMax) _error.Append(Encoding.UTF8.GetString(text));
    }

    /// <returns>Nought, for the end of the stream.</returns>
    /// <exception cref="IOException">It did not end well.</exception>
    private int End() => _error.Length == 0 ? 0 : throw new IOException(Said());

    private string Cut(WebSocketException problem) =>
        _error.Length > 0 ? Said() : $"the way through the API server was cut: {problem.Message}";

    private string Said() => $"the node says: {_error.ToString().Trim()}";

    private static string WordsOf(HttpStatusCode code, WebSocketException problem) => code switch
    {
        0 => (problem.InnerException ?? problem).Message,
        HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => "the API server does not allow it",
        HttpStatusCode.NotFound => "there is no such pod",
        _ => string.Create(CultureInfo.InvariantCulture, $"the API server answered {(int)code} {code}"),
    };
}
