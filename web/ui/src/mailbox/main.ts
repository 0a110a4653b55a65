import { createApp } from 'vue'
import { startTheme } from '../state/preferences'
import '../styles/tokens.css'
import '../styles/base.css'
import MailBox from './MailBox.vue'

startTheme()
createApp(MailBox).mount('#app')
