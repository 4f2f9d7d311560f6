using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetSniff.Kube;

namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>The cluster's own: TokenReview says who, SubjectAccessReview what they may.</summary>
public sealed class ClusterAuthority(ClusterClient cluster) : IAuthority
{
    /// <summary>What tokens are for that were made to be shown to us alone.</summary>
    public const string Audience = "netsniff";

    /// <summary>Groups of one person.</summary>
    private const int GroupsMax = 1024;

    private static readonly TimeSpan s_askMax = TimeSpan.FromSeconds(5);

    /// <summary>Tokens that let in to the API server do here as well; then those that are for us.</summary>
    public async Task<Person?> WhoAsync(string token, CancellationToken cancel) =>
        await WhoAsync(token, audience: null, cancel).ConfigureAwait(false)
        ?? await WhoAsync(token, Audience, cancel).ConfigureAwait(false);

    public Task<bool> MayAsync(Person person, Permission permission, CancellationToken cancel) =>
        AskAsync(async limit =>
        {
            var review = await cluster.Api.AuthorizationV1.CreateSubjectAccessReviewAsync(
                new V1SubjectAccessReview
                {
                    Spec = new V1SubjectAccessReviewSpec
                    {
                        User = person.Name,
                        Uid = person.Uid.Length == 0 ? null : person.Uid,
                        Groups = [.. person.Groups],
                        Extra = person.Extra.ToDictionary(
                            static one => one.Key, static one => (IList<string>)[.. one.Value]),
                        ResourceAttributes = new V1ResourceAttributes
                        {
                            Group = Permission.Group,
                            Resource = permission.Resource,
                            Subresource = permission.Subresource.Length == 0 ? null : permission.Subresource,
                            Verb = permission.Verb,
                            NamespaceProperty = permission.Namespace,
                        },
                    },
                },
                cancellationToken: limit).ConfigureAwait(false);
            return review.Status is { Allowed: true, Denied: not true };
        },
        "what they may", cancel);

    private Task<Person?> WhoAsync(string token, string? audience, CancellationToken cancel) => AskAsync(
        async limit =>
        {
            var review = await cluster.Api.AuthenticationV1.CreateTokenReviewAsync(
                new V1TokenReview
                {
                    Spec = new V1TokenReviewSpec { Token = token, Audiences = audience is null ? null : [audience] },
                },
                cancellationToken: limit).ConfigureAwait(false);
            if (review.Status is not { Authenticated: true, User: { Username.Length: > 0 } user } status) return null;

            // A server that knows nothing of audiences would have let any token pass.
            if (audience is not null && status.Audiences?.Contains(audience) != true) return null;

            return new Person(
                user.Username,
                user.Uid ?? "",
                [.. (user.Groups ?? []).Take(GroupsMax)],
                (user.Extra ?? new Dictionary<string, IList<string>>()).ToDictionary(
                    static one => one.Key, static one => (IReadOnlyList<string>)[.. one.Value]));
        },
        "who somebody is", cancel);

    private static async Task<T> AskAsync<T>(
        Func<CancellationToken, Task<T>> ask, string what, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_askMax);
        try
        {
            return await ask(limit.Token).ConfigureAwait(false);
        }
        catch (HttpOperationException problem)
        {
            throw new IOException($"the API server does not say {what}: {Said(problem)}", problem);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or JsonException
            or KubernetesException)
        {
            throw new IOException($"the API server cannot be asked {what}: {problem.Message}", problem);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException(FormattableString.Invariant(
                $"the API server did not say {what} within {s_askMax.TotalSeconds:0} s"));
        }
    }

    private static string Said(HttpOperationException problem)
    {
        var code = (int)problem.Response.StatusCode;
        return code == 403
            ? "the worker's own service account lacks the right to create tokenreviews and subjectaccessreviews"
            : FormattableString.Invariant($"it answers {code}");
    }
}
