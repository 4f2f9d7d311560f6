using Grpc.Core;
using Microsoft.AspNetCore.Http;
using NetSniff.Json;
using NetSniff.Worker.Serve.Access;

namespace NetSniff.Worker.Serve.Http;

/// <summary>Lines of JSON on their way to one reader: as they are, or as server-sent events.</summary>
internal sealed class JsonStream : IDisposable
{
    private readonly HttpContext _context;
    private readonly MemoryStream _ready = new();
    private readonly bool _isEvents;

    public JsonStream(HttpContext context)
    {
        _context = context;
        _isEvents = context.Request.Headers.Accept.Any(
            accept => accept?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true);
        Buffer = new OutputBuffer(_ready);
        Json = new JsonLine(Buffer);
    }

    public OutputBuffer Buffer { get; }

    public JsonLine Json { get; }

    /// <summary>Before a line.</summary>
    public void Begin(string about)
    {
        if (!_isEvents) return;

        Buffer.Append("event: "u8);
        Buffer.Append(about);
        Buffer.Append("\ndata: "u8);
    }

    /// <summary>After a line.</summary>
    public void End()
    {
        if (_isEvents) Buffer.EndLine();
    }

    /// <summary>Ends when there is room for more.</summary>
    public async Task SendAsync(CancellationToken cancel)
    {
        var response = _context.Response;
        if (!response.HasStarted)
        {
            response.ContentType = _isEvents ? "text/event-stream" : "application/x-ndjson";
            response.Headers.CacheControl = "no-store";
        }

        Buffer.Flush();
        var ready = _ready.GetBuffer().AsMemory(0, (int)_ready.Length);
        await response.Body.WriteAsync(ready, cancel).ConfigureAwait(false);
        _ready.SetLength(0);
        await response.Body.FlushAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Says what went wrong: as the answer when there is none yet, else as its last line.</summary>
    public async Task FailAsync(StatusCode code, string detail)
    {
        if (!_context.Response.HasStarted)
        {
            await Refusals.WriteAsync(_context, code, detail).ConfigureAwait(false);
            return;
        }

        Begin("problem");
        Json.WriteStartObject();
        Json.WriteStartObject("problem"u8);
        Json.WriteString("title"u8, code.ToString());
        Json.WriteNumber("status"u8, (long)Refusals.HttpStatus(code));
        Json.WriteString("detail"u8, detail);
        Json.WriteEndObject();
        Json.WriteEndObject();
        Json.End();
        End();
        await SendAsync(_context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose() => _ready.Dispose();
}
