using System.Net;
using System.Net.Http.Headers;
using NetSniff.Cli.Commands.Ui;
using NetSniff.Tests.Worker.Serve;
using NetSniff.Wire.Querying;

namespace NetSniff.Tests.Cli.Commands.Ui;

/// <summary>`netsniff ui` in front of a worker with a store in memory, and whoever asks it for something.</summary>
internal sealed class UiScene : IAsyncDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    private UiScene(UiServer server, TestWorker worker) => (Server, Worker) = (server, worker);

    public UiServer Server { get; }

    public TestWorker Worker { get; }

    public Uri Link => new(Server.Link);

    /// <summary>What a browser has after it opened the link.</summary>
    public string Cookie { get; private set; } = "";

    public string Key { get; private set; } = "";

    public static async Task<UiScene> StartAsync(Action<TestWorker>? fill = null, IReadOnlyList<string>? spaces = null)
    {
        var worker = await TestWorker.StartAsync();
        fill?.Invoke(worker);
        var endpoint = new QueryEndpoint
        {
            Address = worker.Endpoint, Authorities = worker.Authority.Roots, Token = TestWorker.Secret,
            Namespaces = spaces ?? [],
        };
        var scope = new UiScope(false, spaces ?? [], "", "netsniff", worker.Endpoint);
        return new UiScene(await UiServer.StartAsync(endpoint, scope, 0), worker);
    }

    /// <summary>Opens the link as a browser does.</summary>
    public async Task<HttpResponseMessage> OpenAsync()
    {
        var answer = await AskAsync(Link.PathAndQuery);
        if (answer.StatusCode != HttpStatusCode.OK) return answer;

        Cookie = answer.Headers.GetValues("set-cookie").Single().Split(';')[0];
        Key = (await answer.Content.ReadAsStringAsync()).Split("#key=")[1].Split('"')[0];
        return answer;
    }

    /// <summary>Asks with what the browser has, but for what is changed.</summary>
    public async Task<HttpResponseMessage> AskAsync(string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Link, path));
        if (Cookie.Length > 0) request.Headers.Add("Cookie", Cookie);
        if (Key.Length > 0) request.Headers.Add(UiDoor.KeyHeader, Key);
        change?.Invoke(request);
        return await _client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<string> TextAsync(string path)
    {
        using var answer = await AskAsync(path);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Server.DisposeAsync();
        await Worker.DisposeAsync();
    }

    public static string AllOf(HttpHeaders headers) =>
        string.Join('\n', headers.Select(static header => $"{header.Key}: {string.Join(',', header.Value)}"));
}
