using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Statements by HTTP: one request each, and the answer read whole.</summary>
/// <remarks>The server keeps an answer back until it is complete (`wait_end_of_query`), so that what fails half-way is
/// an error and not half an answer. The password goes in a header: addresses are in everybody's logs.</remarks>
internal sealed class ClickHttp : IDisposable
{
    /// <summary>Less than the three seconds after which an old server closes a connection at rest.</summary>
    private static readonly TimeSpan s_idleMax = TimeSpan.FromSeconds(1);

    private const int ErrorCharsMax = 2000;

    private readonly ClickHouseOptions _options;
    private readonly HttpClient _client;

    public ClickHttp(ClickHouseOptions options)
    {
        _options = options;
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectMax,
            PooledConnectionIdleTimeout = s_idleMax,
            AllowAutoRedirect = false,
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Settings that this server has: others must not be named.</summary>
    public IReadOnlySet<string> Known { get; set; } = new HashSet<string>();

    public string Database => _options.Address.Database;

    /// <summary>Runs what has no answer.</summary>
    public void Run(string sql) => Send(new ClickQuery(sql), null, default);

    public NativeAnswer Ask(ClickQuery query, CancellationToken cancel = default) => new(
        Send(query with { Sql = query.Sql + " FORMAT Native" }, null, cancel));

    public string AskText(ClickQuery query, CancellationToken cancel = default) =>
        Encoding.UTF8.GetString(Send(query, null, cancel)).TrimEnd('\n');

    public byte[] AskBytes(ClickQuery query, CancellationToken cancel = default) => Send(query, null, cancel);

    /// <summary>Runs `INSERT … FORMAT Native` with a block.</summary>
    public void Insert(string sql, string id, HttpContent block) =>
        Send(new ClickQuery(sql) { Id = id, Settings = Optional(("async_insert", "0"),
            ("max_partitions_per_insert_block", "0")) }, block, default);

    /// <summary>Those of the settings that the server has.</summary>
    public (string, string)[] Optional(params (string Name, string Value)[] settings) =>
        [.. settings.Where(setting => Known.Contains(setting.Name))];

    public void Dispose() => _client.Dispose();

    private byte[] Send(ClickQuery query, HttpContent? block, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(query.Limit ?? _options.AnswerMax);
        try
        {
            return SendAsync(query, block, limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException error) when (!limit.IsCancellationRequested)
        {
            throw new ClickException(ClickException.NoAnswer, "the store was closed", error);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            var within = (query.Limit ?? _options.AnswerMax).TotalSeconds.ToString(CultureInfo.InvariantCulture);
            throw new ClickException(ClickException.NoAnswer, $"no answer within {within} s", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            var reason = error.InnerException is { } inner and not HttpIOException ? inner.Message : error.Message;
            throw new ClickException(ClickException.NoAnswer, reason, error);
        }
    }

    private async Task<byte[]> SendAsync(ClickQuery query, HttpContent? block, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, UriOf(query, block is not null))
        {
            Content = block ?? new ByteArrayContent(Encoding.UTF8.GetBytes(query.Sql)),
            Version = HttpVersion.Version11,
        };
        request.Headers.Authorization = Secret();
        using var response = await _client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        var body = await BodyAsync(response, query.BytesMax, cancel).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK) return body;

        var text = Encoding.UTF8.GetString(body);
        if (text.Trim().Length == 0) text = $"HTTP status {(int)response.StatusCode}";
        throw ClickException.Of(text.Length > ErrorCharsMax ? text[..ErrorCharsMax] + "…" : text);
    }

    private AuthenticationHeaderValue Secret()
    {
        try
        {
            var secret = Encoding.UTF8.GetBytes($"{_options.Address.User}:{_options.Password?.Invoke()}");
            return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(secret));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ClickException(ClickException.NoPassword, $"no password: {error.Message}", error);
        }
    }

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, long bytesMax, CancellationToken cancel)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var length = response.Content.Headers.ContentLength;
            var body = new byte[Math.Min(length ?? 16 << 10, bytesMax)];
            var used = 0;
            while (true)
            {
                var count = await stream.ReadAsync(body.AsMemory(used), cancel).ConfigureAwait(false);
                used += count;
                if (count == 0 && used < body.Length) break;
                if (used < body.Length) continue;
                if (used == length || used >= bytesMax) break;
                Array.Resize(ref body, (int)Math.Min(2L * body.Length, bytesMax));
            }

            return used == body.Length ? body : body[..used];
        }
    }

    private Uri UriOf(ClickQuery query, bool hasBlock)
    {
        var text = new StringBuilder("?wait_end_of_query=1");
        if (query.HasDatabase) Add("database", Database);
        if (query.Id is { } id) Add("query_id", id);
        foreach (var (name, value) in query.Settings) Add(name, value);
        if (hasBlock) Add("query", query.Sql);
        // Behind all others: it forbids any that come after it.
        if (query.IsReadOnly) Add("readonly", "1");
        return new Uri(_options.Address.Server, text.ToString());

        void Add(string name, string value) => text.Append('&').Append(name).Append('=').Append(
            Uri.EscapeDataString(value));
    }
}

/// <summary>A statement and what it may use.</summary>
internal sealed record ClickQuery(string Sql)
{
    private const long SqlBytesMax = 64L << 20;

    /// <summary>Lists of peers and texts make long statements.</summary>
    public static readonly (string, string)[] Long =
    [
        ("max_query_size", SqlBytesMax.ToString(CultureInfo.InvariantCulture)), ("max_ast_elements", "1000000"),
        ("max_expanded_ast_elements", "1000000"),
    ];

    public string? Id { get; init; }

    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    public bool IsReadOnly { get; init; }

    public bool HasDatabase { get; init; } = true;

    /// <summary>Until the answer is there; null for the usual.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>What goes beyond is left out.</summary>
    public long BytesMax { get; init; } = 1L << 30;
}
