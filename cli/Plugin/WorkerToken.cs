using System.Text.Json.Nodes;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>What proves to a worker who asks. A user with a token of their own shows that: the worker asks the API
/// server whose it is. Whoever is known by a certificate alone borrows the token of the viewers' account, or of that
/// for packets, which is good for workers and for nothing else, for ten minutes.</summary>
/// <param name="forPackets">Whether raw packets are asked for.</param>
internal sealed class WorkerToken(
    KubeReading reading, Installation installation, ClusterChoice choice, Terminal terminal,
    bool forPackets = false) : IDisposable
{
    private const string Audience = "netsniff", AccountPrefix = "system:serviceaccount:";
    private const int Seconds = 600; // the least that API servers give

    /// <summary>Tokens are renewed that long before they end.</summary>
    private static readonly TimeSpan s_early = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _one = new(1);
    private string _token = "";
    private DateTimeOffset _until;
    private bool _isTold;

    public async ValueTask<string> GetAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (terminal.Clock.GetUtcNow() < _until) return _token;
            // A user's own may be renewed by a program or a file, which the client looks after.
            if (choice.As is null && await reading.Client.BearerTokenAsync(cancel).ConfigureAwait(false) is { } own)
            {
                return own;
            }

            _token = await BorrowAsync(cancel).ConfigureAwait(false);
            _until = terminal.Clock.GetUtcNow() + TimeSpan.FromSeconds(Seconds) - s_early;
            return _token;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<string> BorrowAsync(CancellationToken cancel)
    {
        var (where, account) = Account();
        if (forPackets && account == installation.ViewerAccount)
        {
            try
            {
                return await OfAsync(where, installation.PacketsAccount, cancel).ConfigureAwait(false);
            }
            catch (KubeRefusal refusal) when (refusal.Kind is FailureKind.Forbidden or FailureKind.NotServed)
            {
                // Perhaps the viewers may have packets too; the worker says so or not.
            }
        }

        return await OfAsync(where, account, cancel).ConfigureAwait(false);
    }

    private async Task<string> OfAsync(string where, string account, CancellationToken cancel)
    {
        var answer = await reading.CreateAsync(
            KubeKinds.ServiceAccounts, where, $"/{account}/token", Request(), cancel).ConfigureAwait(false);
        return answer.Text("status", "token");
    }

    public void Dispose() => _one.Dispose();

    private static JsonObject Request() => new()
    {
        ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest",
        ["spec"] = new JsonObject { ["audiences"] = new JsonArray(Audience), ["expirationSeconds"] = Seconds },
    };

    /// <summary>Who acts as a service account gets that account's token; other users have none that we could get.
    /// </summary>
    private (string Namespace, string Name) Account()
    {
        var viewer = (installation.Namespace, installation.ViewerAccount);
        if (choice.As is null) return viewer;
        if (choice.As.User.StartsWith(AccountPrefix, StringComparison.Ordinal)
            && choice.As.User[AccountPrefix.Length..].Split(':') is [var where, var name])
        {
            return (where, name);
        }

        if (!_isTold)
        {
            terminal.Say(
                $"the worker takes us for {installation.ViewerAccount}, not for {choice.As.User}: nobody can get a "
                + "token of a user that they act as");
        }

        _isTold = true;
        return viewer;
    }
}
