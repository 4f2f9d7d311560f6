namespace NetSniff.Kube;

/// <summary>The server answered and the answer is no.</summary>
public sealed class ApiException(int code, ApiFailure failure) : Exception(failure.Text)
{
    /// <summary>Of HTTP: 409 for a conflict, 422 for an object that makes no sense.</summary>
    public int Code => code;

    public ApiFailure Failure => failure;
}
