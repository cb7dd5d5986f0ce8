/** A certificate that nobody trusts, for `localhost`, and its key, which is no secret. Good until 2126. */
export const certificate = {
  key: pem('PRIVATE KEY', [
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZjYil2/PH+Ie66p3',
    'VjcfTrfKcsvw0H2bkvJYpjeT+lKhRANCAAQqNuRXqT3WG8VmhOt4HLGpj4GZQcye',
    'TB/phg4oFKp/++bboOasZQd/GKxOtjlaRVsoGv0Pz8X2nSNxCzyclMbh',
  ]),
  cert: pem('CERTIFICATE', [
    'MIIBnjCCAUWgAwIBAgIUcpNOIYq9WNVBjpfz9sEFx/7XkekwCgYIKoZIzj0EAwIw',
    'GTEXMBUGA1UEAwwOZXZlcmdyYW50IHRlc3QwIBcNMjYxMTIyMDQzODUxWhgPMjEy',
    'NjEwMjkwNDM4NTFaMBkxFzAVBgNVBAMMDmV2ZXJncmFudCB0ZXN0MFkwEwYHKoZI',
    'zj0CAQYIKoZIzj0DAQcDQgAEKjbkV6k91hvFZoTreByxqY+BmUHMnkwf6YYOKBSq',
    'f/vm26DmrGUHfxisTrY5WkVbKBr9D8/F9p0jcQs8nJTG4aNpMGcwHQYDVR0OBBYE',
    'FFQhhiNVk7nM5GqOfJjWx45bq2PHMB8GA1UdIwQYMBaAFFQhhiNVk7nM5GqOfJjW',
    'x45bq2PHMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoG',
    'CCqGSM49BAMCA0cAMEQCIDHddv/RkymfNe9YSIPP6XSgF1SEYCYzXh98fMZwOiRZ',
    'AiBK18tado1Fsy4oI1LG72kl/6V/PaGTnfEwWrN1qMfVVA==',
  ]),
}

function pem(kind: string, lines: readonly string[]): string {
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`].join('\n')
}
